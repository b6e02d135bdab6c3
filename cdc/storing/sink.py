"""The sink: one batch into ClickHouse, in the order that keeps every promise when it is cut off at any point.

Messages first, so that no visible row lacks an actor that was sent; then the rows, tables side by side, and the copies
that are wanted; commits last, so that a transaction is only counted, and a position only reached, when all of it is
there. Repeating any part does no harm. The inserter sends commits as batches of their own, while rows of later ones are
stored: two threads call `store`.
"""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from struct import Struct
from types import TracebackType
from typing import Self

from clickhouse_connect.driver import Client

from cdc.batch import Batch, Commit, Message, Rows, Transaction, Truncate
from cdc.bookkeeping.copies import want_copies
from cdc.catalog.model import CapturedTable
from cdc.catalog.version import position, truncate_version
from cdc.clickhouse import insert
from cdc.dead_letters.landed import head_of
from cdc.dead_letters.limits import IN_A_ROW
from cdc.dead_letters.parking import Parking
from cdc.rowbinary import string
from cdc.stream_metrics import StreamMetrics

_PARALLEL_TABLES = 4
_TRANSACTION_COLUMNS = ("service", "epoch", "commit_time", "xid")
_MESSAGE_COLUMNS = (*_TRANSACTION_COLUMNS, "lsn", "prefix", "content")
_TRUNCATE_COLUMNS = (*_TRANSACTION_COLUMNS, "table", "version")
_COMMIT_COLUMNS = (*_TRANSACTION_COLUMNS, "commit_lsn", "end_lsn", "changes")
_transaction = Struct("<IqI").pack
_commit_tail = Struct("<QQI").pack
_lsn = Struct("<Q").pack


class Sink:
    """Stores the batches of one service in one epoch; a context manager that owns the threads of parallel inserts.

    parking: what stores rows, or keeps them as dead letters; metrics: what is told of what is stored, by default for
    nobody to look at.
    """

    def __init__(
        self,
        client: Client,
        service: str,
        epoch: int,
        refused_in_a_row: int = IN_A_ROW,
        metrics: StreamMetrics | None = None,
    ) -> None:
        self.epoch = epoch
        self.parking = Parking(client, service, refused_in_a_row)
        self.metrics = metrics or StreamMetrics(service)
        self._client, self._service = client, service
        self._threads = ThreadPoolExecutor(_PARALLEL_TABLES, thread_name_prefix=f"insert-{service}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=True)

    def store(self, batch: Batch) -> None:
        """Return once every part of the batch is durable; errors as `cdc.clickhouse.insert` raises them."""
        self._insert("cdc.messages", _MESSAGE_COLUMNS, map(self._message, batch.messages))
        self._insert("cdc.truncates", _TRUNCATE_COLUMNS, map(self._truncate, batch.truncates))
        self._store_side_by_side(batch)
        for lsn, table, reason in batch.copies_wanted:
            want_copies(self._client, self._service, self.epoch, lsn, [(table, reason)])
        self._insert("cdc.commits", _COMMIT_COLUMNS, map(self._commit, batch.commits))
        if batch.commits:
            newest = batch.commits[-1]
            self.metrics.progress.stored_to(position(self.epoch, newest.end_lsn), newest.transaction.commit_us)

    def store_copied(self, table: CapturedTable, rows: Rows) -> None:
        """Store rows of a copy of one table, each as a row or as a dead letter."""
        self.parking.store(table, rows)
        self.metrics.rows_copied(table.name, rows.count)

    def _store_side_by_side(self, batch: Batch) -> None:
        """Store each table's rows; all have ended when this fails, so that none of them runs into the next try."""
        stored = [self._threads.submit(self._store_in_order, batch, shapes) for shapes in _by_name(batch)]
        wait(stored)
        for each in stored:
            each.result()
        if batch.row_count:
            self.metrics.batch_stored(batch.row_count)

    def _store_in_order(self, batch: Batch, shapes: Sequence[tuple[CapturedTable, Rows]]) -> None:
        for table, rows in shapes:
            self._store_changes(table, rows, batch.rows[table][-1])

    def _store_changes(self, table: CapturedTable, rows: Rows, newest_row: bytes) -> None:
        began = time.monotonic()
        self.parking.store(table, rows)
        oldest, newest = head_of(rows.body), head_of(newest_row)
        self.metrics.changes_stored(table.name, rows.count, time.monotonic() - began)
        self.metrics.commits_of(table.name, oldest.commit_us, newest.commit_us)
        self.metrics.progress.row_stored(position(newest.epoch, newest.lsn))

    def _insert(self, table: str, columns: Sequence[str], rows: Iterable[bytes]) -> None:
        encoded = list(rows)
        if encoded:
            insert(self._client, table, columns, Rows(len(encoded), b"".join(encoded)))

    def _of(self, transaction: Transaction) -> bytes:
        named = _transaction(self.epoch, transaction.commit_us, transaction.xid)
        return string(self._service.encode()) + named

    def _message(self, message: Message) -> bytes:
        texts = string(message.prefix.encode()) + string(message.content)
        return self._of(message.transaction) + _lsn(message.lsn) + texts

    def _truncate(self, truncate: Truncate) -> bytes:
        version = truncate_version(self.epoch, truncate.lsn).to_bytes(16, "little")
        return self._of(truncate.transaction) + string(truncate.table.name.encode()) + version

    def _commit(self, commit: Commit) -> bytes:
        tail = _commit_tail(commit.transaction.commit_lsn, commit.end_lsn, commit.changes)
        return self._of(commit.transaction) + tail


def _by_name(batch: Batch) -> Iterable[list[tuple[CapturedTable, Rows]]]:
    """What there is of each table: rows from before and after its columns changed are of two shapes, in that order."""
    found: dict[str, list[tuple[CapturedTable, Rows]]] = {}
    for table, rows in batch.tables():
        found.setdefault(table.name, []).append((table, rows))
    return found.values()
