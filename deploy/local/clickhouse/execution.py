"""Runs one statement in a worker thread and hands over its answer, whole or in pieces."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from deploy.local.clickhouse.engine import Handle, text_literal
from deploy.local.clickhouse.errors import READONLY, ClickHouseError
from deploy.local.clickhouse.refusals import refuse_unsafe
from deploy.local.clickhouse.request import Request
from deploy.local.clickhouse.row_binary_header import BINARY_TYPES, HEADED_FORMAT, header_of, without_header
from deploy.local.clickhouse.sessions import Sessions
from deploy.local.clickhouse.statement import Query
from deploy.local.clickhouse.upload import Insert, Statement

# Each piece of chDB's streams is a document of its own, and no rows are no piece: what comes in pieces here has neither
# header nor footer, or the one header that is known here (HEADED_FORMAT).
STREAMED_FORMATS = frozenset(
    {
        "CSV",
        "JSONCompactEachRow",
        "JSONEachRow",
        "Native",
        "RowBinary",
        "TSV",
        "TSVRaw",
        "TabSeparated",
        "TabSeparatedRaw",
    }
)


@dataclass
class Answer:
    """What the engine answered: a first piece, and whatever `next_piece` still brings."""

    format: str
    first: bytes
    summary: dict[str, str] = field(default_factory=dict)
    stream: Any = None
    header: bytes = b""
    release: Callable[[], None] = lambda: None

    def next_piece(self) -> bytes | None:
        """The next piece of a streamed answer; None at its end. Raises what went wrong in mid-stream."""
        piece = self.stream.fetch()
        return None if piece is None else without_header(bytes(piece.bytes()), self.header)


def execute(sessions: Sessions, request: Request, statement: Statement) -> Answer:
    """Run `statement`; an answer with a stream holds its handle until `release` is called."""
    _refuse(request, statement)
    with ExitStack() as resources:
        handle = resources.enter_context(sessions.handle_for(request, changes_session=statement.changes_session))
        if isinstance(statement, Insert):
            return _insert(handle, request, statement)
        name = statement.format or request.format
        answer = _streamed(handle, request, statement, name) if _streams(request, statement, name) else None
        if answer is None:
            return _whole(handle, request, statement, name)
        resources.callback(answer.release)
        answer.release = resources.pop_all().close
        return answer


def _refuse(request: Request, statement: Statement) -> None:
    if request.method == "GET" and not statement.reads:
        message = "Cannot execute query in readonly mode: over HTTP, GET implies readonly. Use POST to modify."
        raise ClickHouseError(READONLY, message)
    refuse_unsafe(statement.head.target if isinstance(statement, Insert) else statement.text)


def _insert(handle: Handle, request: Request, statement: Insert) -> Answer:
    # Neither chDB's streaming insert (an error within a materialized view goes unreported) nor data behind the
    # statement (cut where it looks like the end of a query) keeps what it confirms; reading a file does.
    head = statement.head
    source = f" FROM INFILE {text_literal(str(statement.data))} COMPRESSION 'none' "
    text = b" ".join((head.target, b"\n", source.encode(), head.settings, b"\nFORMAT ", head.format.encode()))
    result = handle.query(text, "Null", params=request.query_parameters)
    return Answer(request.format, b"", _summary(result))


def _streams(request: Request, statement: Query, name: str) -> bool:
    if not statement.streams or request.flag("wait_end_of_query"):
        return False
    types_in_binary = BINARY_TYPES in request.settings or BINARY_TYPES.encode() in statement.text
    return name in STREAMED_FORMATS or (name == HEADED_FORMAT and not types_in_binary)


def _streamed(handle: Handle, request: Request, statement: Query, name: str) -> Answer | None:
    """The answer in pieces; None if there are no rows under a header, which the whole answer has alone."""
    with ExitStack() as resources:
        stream = resources.enter_context(handle.send_query(statement.text, name, params=request.query_parameters))
        answer = Answer(name, b"", stream=stream)
        first = answer.next_piece()
        if name == HEADED_FORMAT:
            if first is None:
                return None
            answer.header = header_of(first)
        answer.first = first or b""
        answer.release = resources.pop_all().close
        return answer


def _whole(handle: Handle, request: Request, statement: Query, name: str) -> Answer:
    result = handle.query(statement.text, name, params=request.query_parameters)
    return Answer(name, bytes(result.bytes() or b""), _summary(result))


def _summary(result: Any) -> dict[str, str]:
    return {
        "read_rows": str(result.storage_rows_read()),
        "read_bytes": str(result.storage_bytes_read()),
        "written_rows": str(result.rows_written()),
        "written_bytes": str(result.bytes_written()),
        "result_rows": str(result.rows_read()),
        "result_bytes": str(result.bytes_read()),
        "elapsed_ns": str(int(result.elapsed() * 1e9)),
    }
