"""One user of the gateway over HTTP, who checks that every answer is the one to expect."""

import asyncio
import uuid
from http import HTTPStatus
from typing import Any

import httpx

_SECONDS = 60.0
_MOST_WAITS = 20


class UnexpectedAnswerError(RuntimeError):
    """A service answered otherwise than the demo counts on; the message has the request and the answer."""


class Person:
    """Asks the gateway with a token; every request has its own correlation id."""

    def __init__(self, client: httpx.AsyncClient, user_id: str, token: str) -> None:
        self.user_id, self.token, self._client = user_id, token, client

    async def ask(
        self,
        method: str,
        path: str,
        *,
        wanted: HTTPStatus | None = None,
        reason: str = "",
        key: str = "",
        **content: Any,
    ) -> httpx.Response:
        """The answer to a request; UnexpectedAnswerError unless it is a success, or has the `wanted` status.

        reason: kept with the change; key: makes a repetition of the request harmless. Whom a rate limit holds back
        comes again when it says so.
        """
        headers = {"X-Change-Reason": reason, "Idempotency-Key": key} | content.pop("headers", {})
        headers = {name: text for name, text in headers.items() if text}
        answer = await self.ask_once(method, path, headers, **content)
        for _ in range(_MOST_WAITS):
            if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                break
            await asyncio.sleep(int(answer.headers["Retry-After"]))
            answer = await self.ask_once(method, path, headers, **content)
        if not (answer.is_success if wanted is None else answer.status_code == wanted):
            raise UnexpectedAnswerError(f"{method} {path} was answered {answer.status_code}: {answer.text[:500]}")
        return answer

    async def ask_once(
        self, method: str, path: str, headers: dict[str, str] | None = None, **content: Any
    ) -> httpx.Response:
        """The answer to a request, whatever it is."""
        own = {"Authorization": f"Bearer {self.token}", "X-Correlation-ID": str(uuid.uuid4())}
        return await self._client.request(method, path, headers=own | (headers or {}), timeout=_SECONDS, **content)
