"""The content service over HTTP: texts are read there, and corrected ones stored."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from services.kit.correlation import CORRELATION_HEADER, correlation_id
from services.kit.errors import ServiceUnavailableError
from services.kit.identity import Caller, headers_of
from services.spell_checker_service.domain import FailureCode
from services.spell_checker_service.protocols import ContentClient
from services.spell_checker_service.refusal import TextRefusedError

CONTENT_TYPE = "text/plain; charset=utf-8"
_CORRECTED = {"content_type": "corrected_text"}
_STORAGE_ID = re.compile(r"[0-9a-f]{32}")
# Not the text's fault: who asks is not believed, has to wait, or is too slow.
_PASSING = frozenset({401, 403, 408, 425, 429})


class HttpContentClient(ContentClient):
    """Asks through a client that has the service's address; each request has `seconds` in all."""

    def __init__(self, client: httpx.AsyncClient, seconds: float, max_text_bytes: int) -> None:
        self._client = client
        self._seconds = seconds
        self._max_text_bytes = max_text_bytes

    async def read_text(self, caller: Caller, storage_id: str) -> str:
        """The text; TextRefusedError, ServiceUnavailableError."""
        async with self._answered("GET", f"/v1/contents/{storage_id}/bytes", caller) as response:
            _refuse(response, FailureCode.TEXT_UNREADABLE)
            body = await self._body(response)
        try:
            return body.decode()
        except UnicodeDecodeError as error:
            raise TextRefusedError(FailureCode.TEXT_UNREADABLE, f"the text is not UTF-8: {error.reason}") from error

    async def store_corrected(self, caller: Caller, original_storage_id: str, text: str) -> str:
        """The storage id of the text, which now corrects the original; TextRefusedError, ServiceUnavailableError."""
        headers = {"Content-Type": CONTENT_TYPE}
        stored = await self._post("/v1/contents", caller, params=_CORRECTED, content=text.encode(), headers=headers)
        storage_id = str(stored.get("content_id"))
        if _STORAGE_ID.fullmatch(storage_id) is None:
            raise _unavailable("answered without the id of what it stored")
        relation = {"to_id": original_storage_id, "kind": "corrects"}
        await self._post(f"/v1/contents/{storage_id}/relations", caller, json=relation)
        return storage_id

    async def _post(self, path: str, caller: Caller, **question: Any) -> dict[str, Any]:
        async with self._answered("POST", path, caller, **question) as response:
            await response.aread()
            _refuse(response, FailureCode.CORRECTION_REFUSED)
            answer = response.json()
        if not isinstance(answer, dict):
            raise _unavailable("answered something else than was asked for")
        return answer

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._max_text_bytes:
                message = f"the text has more than {self._max_text_bytes} bytes"
                raise TextRefusedError(FailureCode.TEXT_TOO_LARGE, message)
        return bytes(body)

    @asynccontextmanager
    async def _answered(self, method: str, path: str, caller: Caller, **question: Any) -> AsyncIterator[httpx.Response]:
        """The answer, whose body is still to be read; whatever goes wrong on the way is ServiceUnavailableError."""
        headers = {**headers_of(caller), **question.pop("headers", {})}
        if (current := correlation_id()) is not None:
            headers[CORRELATION_HEADER] = str(current)
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream(method, path, headers=headers, **question) as response,
            ):
                yield response
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            raise _unavailable("does not answer") from error


def _refuse(response: httpx.Response, code: FailureCode) -> None:
    """TextRefusedError if it is the text's fault that there is no answer, ServiceUnavailableError if it isn't."""
    if response.is_success:
        return
    if response.status_code == httpx.codes.NOT_FOUND:
        raise TextRefusedError(FailureCode.TEXT_NOT_FOUND, "there is no such text in the content service")
    if response.is_client_error and response.status_code not in _PASSING:
        raise TextRefusedError(code, f"the content service answered {response.status_code}")
    raise _unavailable(f"answered {response.status_code}")


def _unavailable(what: str) -> ServiceUnavailableError:
    return ServiceUnavailableError(f"the content service {what}; try again later", code="content_unavailable")
