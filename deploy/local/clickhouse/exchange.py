"""Carries one answer from the engine to the client, and notices when the client leaves in between."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from deploy.local.clickhouse.answers import Headers, answer_headers, encoded, exception_block, exception_tag
from deploy.local.clickhouse.compression import Encoder, accepted_encoding, answer_encoder
from deploy.local.clickhouse.errors import answer_to
from deploy.local.clickhouse.execution import Answer
from deploy.local.clickhouse.request import Request
from deploy.local.clickhouse.upload import Receive
from deploy.local.clickhouse.workers import Workers

Send = Callable[[dict[str, Any]], Awaitable[None]]
Result = TypeVar("Result")
LOG = logging.getLogger(__name__)


async def send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send an answer of known length."""
    length = (b"Content-Length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


class Exchange:
    """One statement between client and engine, once its request is complete."""

    def __init__(self, workers: Workers, request: Request, send: Send, headers: Headers) -> None:
        self._workers = workers
        self._request = request
        self._send = send
        self._headers = headers
        self._tag = exception_tag()
        self._encoding = self._accepted_encoding()

    async def run(self, receive: Receive, work: Callable[[], Answer], *, reads: bool) -> None:
        """Do `work` in a thread and send what it answers; a reading statement ends when its client leaves."""
        gone = asyncio.ensure_future(receive())
        try:
            answer = await self._watched(self._workers.run(work), gone if reads else None)
            if answer.stream is None:
                await self._send_whole(answer)
                return
            try:
                await self._send_stream(answer, gone)
            finally:
                await self._workers.run(answer.release)
        finally:
            gone.cancel()

    def _accepted_encoding(self) -> str | None:
        if not self._request.flag("enable_http_compression"):
            return None
        return accepted_encoding(self._request.headers.get("accept-encoding", ""))

    async def _watched(self, work: asyncio.Future[Result], gone: asyncio.Future[Any] | None) -> Result:
        if gone is not None:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                await self._workers.cancel(self._request.query_id)
        return await work

    def _answer_headers(self, answer: Answer) -> Headers:
        encoding = encoded({"Content-Encoding": self._encoding}) if self._encoding else []
        return [*self._headers, *answer_headers(answer.format, answer.summary, self._tag), *encoding]

    def _encoder(self) -> Encoder:
        return answer_encoder(self._encoding, in_blocks=self._request.flag("compress"))

    async def _send_whole(self, answer: Answer) -> None:
        encoder = self._encoder()
        body = encoder.compress(answer.first) + encoder.finish()
        await send_whole(self._send, 200, self._answer_headers(answer), body)

    async def _send_stream(self, answer: Answer, gone: asyncio.Future[Any]) -> None:
        await self._send({"type": "http.response.start", "status": 200, "headers": self._answer_headers(answer)})
        encoder = self._encoder()
        piece: bytes | None = answer.first
        try:
            while piece is not None and not gone.done():
                await self._send_piece(encoder.compress(piece))
                piece = await self._watched(self._workers.run(answer.next_piece), gone)
        except Exception as error:  # pylint: disable=broad-exception-caught  # whatever it is, the client must see it
            if not gone.done():
                await self._break_off(encoder, error)
            return
        await self._send({"type": "http.response.body", "body": encoder.finish()})

    async def _send_piece(self, piece: bytes) -> None:
        if piece:
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _break_off(self, encoder: Encoder, error: Exception) -> None:
        """Name the error in the body and leave it unfinished: the server then cuts the connection."""
        _, _, message = answer_to(error)
        LOG.warning("query %s failed in mid-answer: %s", self._request.query_id, message)
        block = exception_block(self._tag, message)
        await self._send_piece(encoder.compress(block) + encoder.push())
