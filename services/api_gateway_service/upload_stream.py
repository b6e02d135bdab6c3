"""Request bodies that are passed on while they come in: never more than a window of one is held in memory."""

import asyncio
from collections.abc import Generator
from typing import Any

from hypercorn.typing import ASGIReceiveCallable
from quart import Request
from quart.asgi import ASGIHTTPConnection
from quart.wrappers.request import Body
from werkzeug.exceptions import RequestEntityTooLarge

from services.kit.web.request_body import CheckedRequest

WINDOW_BYTES = 256 * 1024


class WindowedBody(Body):
    """Quart's body, which takes more only while there is room, and counts all of it against the largest allowed."""

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        super().__init__(expected_content_length, max_content_length)
        self._received = 0
        self._wanted_whole = False
        self._room = asyncio.Event()
        self._room.set()

    async def has_room(self) -> None:
        """Wait until more is asked for."""
        await self._room.wait()

    def append(self, data: bytes) -> None:
        """Take some bytes; Quart's own limit sees only what is held at the moment."""
        super().append(data)
        self._received += len(data)
        if self._max_content_length is not None and self._received > self._max_content_length:
            self._must_raise = RequestEntityTooLarge()
            self.set_complete()
        elif len(self._data) >= WINDOW_BYTES and not self._wanted_whole:
            self._room.clear()

    def set_complete(self) -> None:
        """Whatever comes now is no part of the body any more."""
        super().set_complete()
        self._room.set()

    async def __anext__(self) -> bytes:
        """What has come in since the last time."""
        self._room.set()
        try:
            return await super().__anext__()
        except StopAsyncIteration:
            # Quart would let a body that was cut off for its size pass for one that is complete.
            if self._must_raise is not None:
                raise self._must_raise from None
            raise

    def __await__(self) -> Generator[Any, None, Any]:
        """All of it at once, for the gateway's own routes."""
        self._wanted_whole = True
        self._room.set()
        return super().__await__()


class StreamedRequest(CheckedRequest):
    """A request whose body comes in as fast as it is passed on."""

    body_class = WindowedBody


class WindowedConnection(ASGIHTTPConnection):
    """Quart's connection, which leaves to the network what the body has no room for."""

    async def handle_messages(self, request: Request, receive: ASGIReceiveCallable) -> None:
        """Feed the body until it is complete, then wait for the client to go."""
        body = request.body

        async def receive_when_wanted() -> Any:
            if isinstance(body, WindowedBody):
                await body.has_room()
            return await receive()

        await super().handle_messages(request, receive_when_wanted)
