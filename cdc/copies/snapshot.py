"""The snapshot of a table: one procedure for the first copy and for every later one, beside a stream that goes on.

Every row gets the version (epoch, L0, 0). L0 is the WAL's insert position before the copy, and the copy begins only
when every transaction that could have written below L0 has ended. So a row copied holds all that was written to it
below L0, and what was written above has a newer version in the stream. A slot's consistent point would not do as L0:
transactions then open have changes below it, which the stream brings and a row copied too late would overrule.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from clickhouse_connect.driver import Client

from cdc.batch import Rows
from cdc.bookkeeping.copies import TableCopy, record_copy
from cdc.catalog.model import CapturedTable, quoted
from cdc.postgres import Connection, lsn_number, rows
from cdc.source.open_transactions import open_transactions
from cdc.stopped import StoppedError
from cdc.storing.retry import Retry
from cdc.storing.sink import Sink

_log = logging.getLogger(__name__)
_CHUNK_BYTES = 8 << 20
_POLL_SECONDS = 0.05
_SAY_EVERY_SECONDS = 10.0
_TELL_EVERY_SECONDS = 1.0
# COPY goes on meanwhile and keeps PostgreSQL from cleaning up: after this long it is better begun again.
_LONGEST_TROUBLE_SECONDS = 600.0


@dataclass(frozen=True)
class SnapshotPoint:
    """Where the stream's changes become newer than the copied rows; the transaction and the time (µs) that mark it."""

    lsn: int
    xid: int
    time_us: int


def take_snapshot(
    connection: Connection,
    client: Client,
    sink: Sink,
    table: CapturedTable,
    *,
    reason: str,
    stopping: threading.Event,
) -> TableCopy:
    """Copy a table into its landing as of one point, and record that it has begun. StoppedError when told to stop.

    The copy is not finished by that: what is gone can be told once the stream has passed its end (see `copier.py`).
    """
    point = snapshot_point(connection, stopping.is_set)
    begun = TableCopy(table.name, sink.epoch, point.lsn, reason, point.xid & 0xFFFFFFFF, point.time_us)
    record_copy(client, table.service, begun)

    def tell(row_count: int) -> None:
        record_copy(client, table.service, replace(begun, row_count=row_count))

    return replace(begun, row_count=copy_table(connection, table, point, sink, stopping=stopping, tell=tell))


def snapshot_point(connection: Connection, stopped: Callable[[], bool] = lambda: False) -> SnapshotPoint:
    """Take L0, then wait until every transaction that was open at it has ended. StoppedError when told to stop."""
    lsn, time_us = rows(
        connection, "SELECT pg_current_wal_insert_lsn(), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    )[0]
    xid = int(rows(connection, "SELECT pg_current_xact_id()::text")[0][0])
    _wait_until_ended(connection, xid, stopped)
    return SnapshotPoint(lsn_number(lsn), xid, time_us)


def copy_table(
    connection: Connection,
    table: CapturedTable,
    point: SnapshotPoint,
    sink: Sink,
    *,
    stopping: threading.Event,
    tell: Callable[[int], None] = lambda _row_count: None,
) -> int:
    """Copy a table's captured columns as landing rows, in chunks; how many. StoppedError when told to stop.

    `tell` is told how many rows are stored, from time to time. A chunk is tried again while ClickHouse is in trouble.
    """
    said = time.monotonic()
    retry = Retry(table.service, stopping, f"rows of a copy of {table}", _LONGEST_TROUBLE_SECONDS)

    def store(count: int, body: bytes) -> None:
        nonlocal said
        if stopping.is_set():
            raise StoppedError(f"told to stop while copying {table}")
        # COPY's text format is ClickHouse's TSV as it stands.
        retry.until_stored(partial(sink.store_copied, table, Rows(count, body, form="TSV")))
        if time.monotonic() - said > _TELL_EVERY_SECONDS:
            said = time.monotonic()
            tell(chunks.total + count)

    head = f"'r', {point.lsn}, {sink.epoch}, {point.xid & 0xFFFFFFFF}, {point.time_us}"
    columns = ", ".join(quoted(column.name) for column in table.columns)
    chunks = _Chunks(store)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY (SELECT {head}, {columns} FROM {table.in_postgres}) TO STDOUT", chunks)
    chunks.flush()
    return chunks.total


class _Chunks:
    """What COPY writes to: gathers rows (it writes one at a time) and stores them in chunks."""

    def __init__(self, store: Callable[[int, bytes], None]) -> None:
        self._store, self._rows, self._size = store, list[bytes](), 0
        self.total = 0

    def write(self, row: bytes) -> None:
        self._rows.append(row)
        self._size += len(row)
        if self._size >= _CHUNK_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._rows:
            self._store(len(self._rows), b"".join(self._rows))
        self.total += len(self._rows)
        self._rows, self._size = [], 0


def _wait_until_ended(connection: Connection, xid: int, stopped: Callable[[], bool]) -> None:
    said = time.monotonic()
    while not rows(connection, "SELECT pg_snapshot_xmin(pg_current_snapshot()) > %s::text::xid8", str(xid))[0][0]:
        if stopped():
            raise StoppedError("told to stop while waiting for transactions to end")
        time.sleep(_POLL_SECONDS)
        if time.monotonic() - said > _SAY_EVERY_SECONDS:
            said = time.monotonic()
            _log.warning(
                "a snapshot waits for transactions to end that were open before it: %s", open_transactions(connection)
            )
