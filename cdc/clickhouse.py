"""ClickHouse as capture uses it: one client, exact inserts, and which of its errors pass by themselves."""

import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, Error, OperationalError

from cdc.batch import Rows
from services.kit.clickhouse import connected

# Said with every insert: a server's own defaults for these have changed over the years.
INSERT_SETTINGS = {
    "async_insert": 0,
    "optimize_on_insert": 0,
    "insert_deduplicate": 0,
    "materialized_views_ignore_errors": 0,
}
_SEND_RECEIVE_TIMEOUT_SECONDS = 300
# When each thread sent the request that it has no answer to yet, by a clock that nobody sets.
_asked_at: dict[int, float] = {}
# Too busy, out of memory or time, network, too many parts, keeper, cancelled: the same insert can go well later.
_BUSY = frozenset({159, 202, 203, 209, 210, 241, 242, 252, 319, 394, 425, 439, 473, 735, 999})
# Out of disk, and files that cannot be written, read, made or synced.
_DISK = frozenset({74, 75, 76, 77, 88, 172, 204, 243, 586})
# What went wrong beneath the server, in a library or the file system: whatever it was, it was no row.
_BENEATH = frozenset({1000, 1001, 1002})
_PASSING = _BUSY | _DISK | _BENEATH


class InsertRefusedError(RuntimeError):
    """ClickHouse will never take these rows as they are; the message is its own, `code` the number of its error."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class ShortInsertError(RuntimeError):
    """ClickHouse confirmed fewer rows than were sent: the insert cannot be called durable."""


@contextmanager
def client(url: str, silence_seconds: int = _SEND_RECEIVE_TIMEOUT_SECONDS) -> Iterator[Client]:
    """A client that threads may share; no compression, which costs more than it saves on the way to a near server.

    silence_seconds: how long the server may say nothing. From 15 on, what it says of its progress comes in time.
    """
    options = {"compress": False, "send_receive_timeout": silence_seconds}
    # Pipelines that share the driver's one pool would have it throw connections away.
    with connected(url, **options, dedicated_pool=True) as opened:
        yield opened


def insert(
    opened: Client,
    table: str,
    columns: Sequence[str] | None,
    rows: Rows,
    settings: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Insert rows of these columns, None if they name theirs; returns once ClickHouse has confirmed every one of them.

    settings: what is said with this insert beside what is said with every one.

    InsertRefusedError where it never will; the driver's own errors where a later try may go well.
    """
    try:
        with _asking():
            summary = opened.raw_insert(
                table, columns, rows.body, fmt=rows.form, settings={**INSERT_SETTINGS, **settings}
            )
    except DatabaseError as error:
        if is_passing(error):
            raise
        raise InsertRefusedError(f"ClickHouse refused {rows.count} rows for {table}: {error}", error.code) from error
    if summary.written_rows < rows.count:
        raise ShortInsertError(f"ClickHouse confirmed {summary.written_rows} of {rows.count} rows for {table}")


def insert_row(opened: Client, table: str, row: Mapping[str, object]) -> None:
    """Insert one row, as `insert` does; times must know their zone."""
    # The driver's own insert of rows would load pandas and Arrow, which take more memory than capture itself.
    body = json.dumps(row, default=_as_utc).encode()
    insert(opened, table, tuple(row), Rows(1, body, form="JSONEachRow"))


def _as_utc(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    raise TypeError(f"an inserted row has no form for {value!r}")


# What `is_passing` may call passing; anything else is a mistake of ours.
PASSING_ERRORS = (ClickHouseError, ShortInsertError, OSError)


def is_passing(error: Exception) -> bool:
    """Whether the same request can go well later: no connection, no answer, or a server that says it is in trouble."""
    if isinstance(error, OperationalError | ConnectionError | TimeoutError | ShortInsertError):
        return True
    return isinstance(error, Error) and (error.code is None or error.code in _PASSING)


def rows_of(opened: Client, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Sequence[Any]]:
    """The rows of a query; `parameters` are bound by the server (`{name:Type}`) or the driver (`%(name)s`)."""
    with _asking():
        rows: Sequence[Sequence[Any]] = opened.query(query, parameters=dict(parameters or {})).result_rows
    return rows


def longest_unanswered_seconds(threads: Iterable[int]) -> float:
    """For how long the oldest request of any of these threads has had no answer by now; 0 if all of them have."""
    sent = [at for at in map(_asked_at.get, threads) if at is not None]
    return time.monotonic() - min(sent) if sent else 0.0


@contextmanager
def _asking() -> Iterator[None]:
    own = threading.get_ident()
    _asked_at[own] = time.monotonic()
    try:
        yield
    finally:
        _asked_at.pop(own, None)
