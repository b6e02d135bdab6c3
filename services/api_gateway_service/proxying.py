"""Passes a request on to the service whose route it is, and its answer back, both as streams."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any
from urllib.parse import quote, quote_from_bytes

import httpx
import structlog
from quart import Request, Response

from services.api_gateway_service.proxy_headers import to_caller, to_upstream
from services.api_gateway_service.request_facts import RequestFacts
from services.api_gateway_service.upstreams import Forwarded, Upstreams
from services.kit.errors import NotFoundError, ServiceUnavailableError
from services.kit.web.requests import current_caller

# What may stand in a query as it is; whatever else came is percent-encoded. See RFC 3986, section 3.4.
_IN_QUERY = "!$&'()*+,;=:@/?%-._~[]"

log = structlog.get_logger(__name__)


class Proxy:
    """transfer_timeout: seconds in which a request is passed on, and again in which its answer is."""

    def __init__(self, upstreams: Upstreams, transfer_timeout: float) -> None:
        self._upstreams = upstreams
        self._transfer_timeout = transfer_timeout

    async def pass_on(self, request: Request, upstream: str, facts: RequestFacts) -> Response:
        """The service's answer as it stands; ServiceUnavailableError if there is none."""
        headers = to_upstream(request.headers, current_caller())
        forwarded = Forwarded(request.method, _target(request), headers, _body(request))
        facts.upstream = upstream
        try:
            async with asyncio.timeout(self._transfer_timeout):
                answer = await self._upstreams.ask(upstream, forwarded)
        except TimeoutError as error:
            raise ServiceUnavailableError(
                "the request took too long to be passed on", code="transfer_timeout"
            ) from error
        facts.until_end.push_async_callback(answer.aclose)
        return self._response(answer, upstream)

    def _response(self, answer: httpx.Response, upstream: str) -> Response:
        response = Response(_chunks(answer, upstream), answer.status_code)
        response.headers.clear()
        for name, value in to_caller(answer.headers.multi_items()):
            response.headers.add(name, value)
        response.timeout = self._transfer_timeout
        return response


def _target(request: Request) -> bytes:
    """Path and query for the service: decoded once more it is the path whose route was found, and no other."""
    if any(segment in {".", ".."} for segment in request.path.split("/")):
        raise NotFoundError("there is no such path")
    path = quote(request.path)
    query = quote_from_bytes(request.query_string, safe=_IN_QUERY)
    return f"{path}?{query}".encode() if query else path.encode()


def _body(request: Request) -> AsyncIterable[bytes] | None:
    sent = request.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in request.headers
    return _Unread(request.body) if sent else None


class _Unread:
    """A body that can be asked for its chunks."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        chunks: AsyncIterator[bytes] = aiter(self._body)
        return chunks


async def _chunks(answer: httpx.Response, upstream: str) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    except httpx.TransportError as error:
        # The answer has begun: breaking it off is the only way left to say that it is not whole.
        log.warning("upstream_broke_off", upstream=upstream, reason=repr(error))
        raise
