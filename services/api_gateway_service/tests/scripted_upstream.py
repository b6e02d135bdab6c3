"""A service that does as a test says, on a real port, and remembers what it was asked."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.served import served

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Behaviour = Callable[["Asked", Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Asked:
    """One request as it arrived. target: path and query, encoded; headers: with names in lower case, in order."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: list[bytes] = field(default_factory=list)

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


async def say_ok(_asked: Asked, receive: Receive, send: Send) -> None:
    """Read everything, and answer a few bytes."""
    await read_all(_asked, receive)
    await answer(send, 200, b"ok")


async def read_all(asked: Asked, receive: Receive) -> None:
    while True:
        message = await receive()
        asked.body.append(message.get("body", b""))
        if not message.get("more_body", False):
            return


async def answer(send: Send, status: int, body: bytes = b"", headers: Sequence[tuple[str, str]] = ()) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": False})


@dataclass
class ScriptedUpstream:
    """What it was asked, and what it does; a test sets `behaviour`."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    behaviour: Behaviour = say_ok

    def forget(self) -> None:
        """Be as new."""
        self.asked.clear()
        self.behaviour = say_ok

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        query = scope["query_string"].decode("latin-1")
        target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        asked = Asked(scope["method"], target, headers)
        self.asked.append(asked)
        await self.behaviour(asked, receive, send)


@asynccontextmanager
async def scripted_upstream() -> AsyncIterator[ScriptedUpstream]:
    upstream = ScriptedUpstream()
    async with served(upstream) as url:
        upstream.url = url
        yield upstream
