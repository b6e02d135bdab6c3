"""The ASGI application: what each path and parameter of ClickHouse's HTTP interface leads to."""

import logging
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

from deploy.local.clickhouse.answers import common_headers, encoded
from deploy.local.clickhouse.authentication import authenticate
from deploy.local.clickhouse.decompression import decompressed
from deploy.local.clickhouse.engine import Engine
from deploy.local.clickhouse.errors import (
    AUTHENTICATION_FAILED,
    NOT_IMPLEMENTED,
    ClickHouseError,
    answer_to,
)
from deploy.local.clickhouse.exchange import Exchange, Send, send_whole
from deploy.local.clickhouse.execution import execute
from deploy.local.clickhouse.failed_writes import confirmed
from deploy.local.clickhouse.multipart import FORM, form_fields
from deploy.local.clickhouse.request import Request
from deploy.local.clickhouse.sessions import Sessions
from deploy.local.clickhouse.upload import ClientGoneError, Receive, Upload, body_chunks, refuse_larger_statement
from deploy.local.clickhouse.workers import Workers

LOG = logging.getLogger(__name__)
OK = b"Ok.\n"


class Endpoint:
    """ClickHouse's HTTP interface over one engine."""

    def __init__(
        self, engine: Engine, sessions: Sessions, workers: Workers, uploads: Path, password: str | None
    ) -> None:
        self._engine = engine
        self._sessions = sessions
        self._workers = workers
        self._uploads = uploads
        self._password = password

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request.from_scope(scope)
        if request.path in {"/ping", "/"} and not request.asks and request.method in {"GET", "HEAD"}:
            await send_whole(send, 200, [], OK)
            return
        if request.path != "/":
            await send_whole(send, 404, [], f"There is no {request.path} here. Use / for queries, or /ping.\n".encode())
            return
        try:
            await self._answer(request, receive, send)
        except ClientGoneError:
            LOG.info("query %s: the client left before its request was complete", request.query_id)
        except Exception as error:  # pylint: disable=broad-exception-caught  # whatever it is, the client must see it
            await self._send_error(request, send, error)

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        if request.method not in {"GET", "POST"}:
            raise ClickHouseError(NOT_IMPLEMENTED, f"Method {request.method} is not supported: use GET or POST.")
        authenticate(request, self._password)
        _refuse_native_blocks(request)
        body = decompressed(body_chunks(receive), request.headers.get("content-encoding", ""))
        if request.headers.get("content-type", "").startswith(FORM):
            await _read_form(request, body)
        with Upload(self._uploads) as upload:
            statement = await upload.receive(request.parameters.get("query", ""), body)
            with self._workers.slot():
                exchange = Exchange(self._workers, request, send, common_headers(request, self._engine.timezone))
                work = partial(execute, self._sessions, request, statement)
                if not statement.reads:
                    work = partial(confirmed, self._engine, work)
                await exchange.run(receive, work, reads=statement.reads)

    async def _send_error(self, request: Request, send: Send, error: Exception) -> None:
        status, code, message = answer_to(error)
        headers = {"Content-Type": "text/plain; charset=UTF-8", "X-ClickHouse-Exception-Code": str(code)}
        if code == AUTHENTICATION_FAILED[0] and "authorization" not in request.headers:
            headers["WWW-Authenticate"] = 'Basic realm="ClickHouse"'
        if status == 500 and not isinstance(error, RuntimeError | ClickHouseError):
            LOG.error("query %s failed", request.query_id, exc_info=error)
        common = common_headers(request, self._engine.timezone)
        await send_whole(send, status, [*common, *encoded(headers)], message.encode("utf-8", "replace") + b"\n")


def _refuse_native_blocks(request: Request) -> None:
    for name in ("compress", "decompress"):
        if request.flag(name):
            message = f"{name}=1 (ClickHouse's own block compression) is not supported: use Content-Encoding instead."
            raise ClickHouseError(NOT_IMPLEMENTED, message)


async def _read_form(request: Request, body: AsyncIterator[bytes]) -> None:
    form = bytearray()
    async for chunk in body:
        form += chunk
        refuse_larger_statement(len(form))
    request.parameters.update(form_fields(request.headers["content-type"], bytes(form)))
