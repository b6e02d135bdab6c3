"""A body is taken in as fast as it is passed on, and no larger than allowed."""

import asyncio
from typing import Any

import pytest
from werkzeug.exceptions import RequestEntityTooLarge

from services.api_gateway_service.upload_stream import WINDOW_BYTES, StreamedRequest, WindowedBody, WindowedConnection

CHUNK = b"x" * (WINDOW_BYTES // 4)
DISCONNECTED = {"type": "http.disconnect"}


def _part(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


class Client:
    """Sends what it is asked for, and counts how often it is."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.left = list(messages)
        self.sent = 0

    async def receive(self) -> dict[str, Any]:
        await asyncio.sleep(0)
        self.sent += 1
        return self.left.pop(0) if self.left else DISCONNECTED


class Received:
    """As much of a request as the connection feeds."""

    def __init__(self, body: WindowedBody) -> None:
        self.body = body


async def _feed(body: WindowedBody, client: Client) -> None:
    connection = WindowedConnection(None, None)  # type: ignore[arg-type]
    await connection.handle_messages(Received(body), client.receive)  # type: ignore[arg-type]


async def _turns(count: int = 50) -> None:
    """Let every task run on as far as it can."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_no_more_than_a_window_is_held_while_nobody_reads() -> None:
    body, client = WindowedBody(None, None), Client(*[_part(CHUNK)] * 100, _part(b"", more=False))
    feeding = asyncio.create_task(_feed(body, client))
    await _turns(1000)
    assert client.sent == WINDOW_BYTES // len(CHUNK)
    read = [len(await anext(body)) for _ in range(3)]
    assert max(read) <= WINDOW_BYTES
    rest = [chunk async for chunk in body]
    await feeding
    assert sum(read) + sum(map(len, rest)) == 100 * len(CHUNK)
    assert max(map(len, rest)) <= WINDOW_BYTES + len(CHUNK)


async def test_a_body_that_is_wanted_whole_comes_whole() -> None:
    body, client = WindowedBody(None, None), Client(*[_part(CHUNK)] * 20, _part(b"end", more=False))
    feeding = asyncio.create_task(_feed(body, client))
    await _turns()
    assert await body == CHUNK * 20 + b"end"
    await feeding


async def test_a_client_that_goes_is_noticed_once_its_body_is_complete() -> None:
    body, client = WindowedBody(None, None), Client(*[_part(CHUNK)] * 3, _part(CHUNK, more=False))
    await asyncio.wait_for(_feed(body, client), timeout=10)
    assert [len(chunk) async for chunk in body] == [WINDOW_BYTES]


async def test_a_stream_that_grows_too_large_is_broken_off_and_never_looks_complete() -> None:
    body, client = WindowedBody(None, 2 * len(CHUNK)), Client(*[_part(CHUNK)] * 3, _part(b"", more=False))
    feeding = asyncio.create_task(_feed(body, client))
    with pytest.raises(RequestEntityTooLarge):
        _ = [chunk async for chunk in body]
    await feeding


async def test_a_body_wanted_whole_that_grows_too_large_is_refused() -> None:
    body, client = WindowedBody(None, len(CHUNK)), Client(*[_part(CHUNK)] * 3, _part(b"", more=False))
    feeding = asyncio.create_task(_feed(body, client))
    with pytest.raises(RequestEntityTooLarge):
        await body
    await feeding


async def test_a_length_that_is_too_large_is_refused_before_anything_is_read() -> None:
    body = WindowedBody(101, 100)
    with pytest.raises(RequestEntityTooLarge):
        await anext(body)


def test_requests_have_such_bodies() -> None:
    assert StreamedRequest.body_class is WindowedBody
