"""Measures each request from its first byte to its last one sent, and hands its record to the request log."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope

from services.api_gateway_service.domain import LONGEST_METHOD, RequestRecord
from services.api_gateway_service.protocols import RequestLog
from services.api_gateway_service.request_facts import RequestFacts, begin_facts

# The client went away before there was an answer: a number that is nobody's, but that many servers log.
CLIENT_CLOSED = 499
FAILED = 500
# What the platform asks for itself, every few seconds; nothing passes through the gateway there.
UNRECORDED = frozenset({"/healthz", "/metrics"})


class RequestMeasuring:
    """An ASGI app around the gateway's: outermost, so that refused and broken requests are recorded as well."""

    def __init__(self, app: Any, log: RequestLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on, and record it once it has ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        facts = begin_facts(scope)
        measured = _Measured(scope, facts)
        try:
            async with facts.until_end:
                await self._app(scope, measured.receiving(receive), measured.sending(send))
        except BaseException:
            measured.failed()
            raise
        finally:
            if scope["path"] not in UNRECORDED:
                self._log.record(measured.record())


class _Measured:
    """One request: counts its bytes both ways as they pass."""

    def __init__(self, scope: HTTPScope, facts: RequestFacts) -> None:
        # A client may make one up, of any length; no route of ours has such.
        self._method = scope["method"][:LONGEST_METHOD]
        self._facts = facts
        self._requested_at = datetime.now(UTC)
        self._started = time.perf_counter()
        self._status = CLIENT_CLOSED
        self._request_bytes = self._response_bytes = 0

    def receiving(self, receive: ASGIReceiveCallable) -> ASGIReceiveCallable:
        async def counted() -> Any:
            message = await receive()
            if message["type"] == "http.request":
                self._request_bytes += len(message.get("body", b""))
            return message

        return counted

    def sending(self, send: ASGISendCallable) -> ASGISendCallable:
        async def counted(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                self._status = message["status"]
            elif message["type"] == "http.response.body":
                self._response_bytes += len(message.get("body", b""))

        return counted

    def failed(self) -> None:
        """Say that no answer was given, unless one had begun."""
        if self._status == CLIENT_CLOSED:
            self._status = FAILED

    def record(self) -> RequestRecord:
        facts, who = self._facts, self._facts.authenticated
        return RequestRecord(
            request_id=uuid4(),
            requested_at=self._requested_at,
            method=self._method,
            route=facts.route,
            status=self._status,
            auth_outcome=facts.auth_outcome,
            duration_us=round((time.perf_counter() - self._started) * 1_000_000),
            request_bytes=self._request_bytes,
            response_bytes=self._response_bytes,
            user_id=None if who is None else who.caller.user_id,
            session_id=None if who is None else who.session.session_id,
            rate_limited=facts.rate_limited,
            # Without one the request was not even understood as HTTP of ours.
            correlation_id=facts.correlation_id or uuid4(),
            upstream=facts.upstream,
        )
