"""A TCP link to a real server that a test can cut and mend."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class LastQuestion:
    """What the server is still asked, though nobody hears its answer."""

    text: bytes
    asked: asyncio.Event = field(default_factory=asyncio.Event)


class BreakableLink:
    """Forwards connections to a server; cut, it drops them and refuses more; silenced, it swallows every byte."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._speaking = asyncio.Event()
        self._speaking.set()
        self._last: LastQuestion | None = None
        self.port = 0

    async def mend(self) -> None:
        self._speaking.set()
        self._last = None
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, LOOPBACK, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    def silence(self) -> None:
        self._speaking.clear()

    def lose_answers_from(self, question: bytes) -> asyncio.Event:
        """Deliver these bytes to the server when they come, and nothing more from it; the event says that they came."""
        self._last = LastQuestion(question)
        return self._last.asked

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        with suppress(asyncio.CancelledError, ConnectionError):
            # Who was about to be accepted when the link was cut is cut off, too.
            if self._server is not None:
                await self._forward(reader, writer)
        writer.close()
        self._connections.discard(task)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._target)
        try:
            async with asyncio.TaskGroup() as both_ways:
                both_ways.create_task(self._ask(reader, server_writer))
                both_ways.create_task(self._answer(server_reader, writer))
        finally:
            server_writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            await self._speaking.wait()
            if self._last is not None and self._last.text in chunk:
                self._last.asked.set()
            await _send(writer, chunk)
        writer.write_eof()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            await self._speaking.wait()
            if self._last is None or not self._last.asked.is_set():
                await _send(writer, chunk)
        writer.write_eof()


async def _send(writer: asyncio.StreamWriter, chunk: bytes) -> None:
    writer.write(chunk)
    await writer.drain()


@asynccontextmanager
async def breakable_link(host: str, port: int) -> AsyncIterator[BreakableLink]:
    link = BreakableLink(host, port)
    await link.mend()
    try:
        yield link
    finally:
        await link.cut()
