"""The copier: a thread beside the stream that carries out the copies that are wanted, and tells what is gone.

A copy is rows first. Then, once the stream has passed the position at which the last of them was read, a key that was
there before, was not copied, and of which the stream tells nothing but that it came again was not there any more: the
stream would have brought its deletion otherwise. It gets a tombstone. Both steps say in ClickHouse that they are done,
so that a copy that was cut off goes on with the step that it was cut off in.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import psycopg2
from clickhouse_connect.driver import Client

from cdc.bookkeeping.copies import FIRST_COPY, TableCopy, record_copy, unfinished_copies
from cdc.bookkeeping.progress import progress
from cdc.catalog.model import CapturedTable
from cdc.catalog.version import position
from cdc.copies.snapshot import take_snapshot
from cdc.copies.tombstones import delete_what_is_gone
from cdc.failures import OF_STORING
from cdc.postgres import Connection, lsn_text, session
from cdc.source.heartbeat import beat
from cdc.source.partitions import kept_now
from cdc.stopped import StoppedError
from cdc.storing.sink import Sink
from services.kit.backoff import Backoff

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
_POLL_SECONDS = 0.05
_FIRST_WAIT_SECONDS = 0.2
_FAILED = "%s: copying failed, trying again in %.1f s: %s"


@dataclass(frozen=True)
class Places:
    """Where a copier reads and writes: PostgreSQL, ClickHouse, and the tables as they are captured now."""

    database_url: str
    client: Client
    sink: Sink
    tables: Callable[[], Sequence[CapturedTable]]


class Copier:
    """Copies what is wanted of one service's tables in one epoch, in a thread, from `start` until `stop`."""

    def __init__(self, places: Places, service: str) -> None:
        self._places, self._service = places, service
        self._stopping = threading.Event()
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name=f"copier-{service}", daemon=True)

    def start(self) -> None:
        """Begin; to be called once the stream is read: what is copied rests on it."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, breaking off what it does, and return once it has ended."""
        self._stopping.set()
        while self._thread.is_alive():
            # Taken once: the thread gives it up meanwhile.
            if (connection := self._connection) is not None:
                # A copy may wait for a lock, and would not hear.
                with suppress(psycopg2.Error):
                    connection.cancel()
            self._thread.join(_POLL_SECONDS)

    def _run(self) -> None:
        backoff = Backoff(first=_FIRST_WAIT_SECONDS)
        while not self._stopping.is_set():
            began, delay = time.monotonic(), _LOOK_SECONDS
            try:
                self._carry_out_what_is_wanted()
            except Exception as error:  # pylint: disable=broad-exception-caught
                # The stream goes on whatever becomes of a copy, which is wanted until it is finished.
                if self._stopping.is_set():
                    return
                delay = backoff.next_delay(time.monotonic() - began)
                say = _log.error if isinstance(error, OF_STORING) else _log.exception
                say(_FAILED, self._service, delay, str(error).strip())
            self._stopping.wait(delay)

    def _carry_out_what_is_wanted(self) -> None:
        names = [table.name for table in self._places.tables()]
        wanted = unfinished_copies(self._places.client, self._service, self._places.sink.epoch, names)
        if wanted:
            # Looked up only now: where columns changed, a copy is wanted once the table has its new ones.
            tables = {table.name: table for table in self._places.tables()}
            with self._session() as connection:
                copied = [(tables[name], self._copied(connection, tables[name], copy)) for name, copy in wanted.items()]
            for table, copy in copied:
                self._finish(table, copy)

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        with session(self._places.database_url) as connection:
            self._connection = connection
            try:
                yield connection
            finally:
                self._connection = None

    def _copied(self, connection: Connection, table: CapturedTable, wanted: TableCopy | None) -> TableCopy:
        """The copy with all rows; one that had come so far before is taken up where it is."""
        if wanted is not None and wanted.copied_to:
            return wanted
        client, sink, reason = self._places.client, self._places.sink, wanted.reason if wanted else FIRST_COPY
        begun = take_snapshot(connection, client, sink, table, reason=reason, stopping=self._stopping)
        copied = replace(begun, copied_to=beat(connection))
        record_copy(client, self._service, copied)
        return copied

    def _finish(self, table: CapturedTable, copied: TableCopy) -> None:
        self._wait_for_the_stream(copied)
        deleted = delete_what_is_gone(self._places.client, table, copied, kept_now(table, self._places.database_url))
        record_copy(self._places.client, self._service, replace(copied, deleted=deleted, finished=True))
        _log.info("%s: copied as of %s, %d keys were gone", table, lsn_text(copied.lsn), deleted)

    def _wait_for_the_stream(self, copied: TableCopy) -> None:
        end, delay = position(copied.epoch, copied.copied_to), _POLL_SECONDS
        while (reached := progress(self._places.client, self._service)) is None or reached.position < end:
            if self._stopping.wait(delay):
                raise StoppedError(f"told to stop while the stream had not passed the copy of {copied.table}")
            delay = min(delay * 2, _LOOK_SECONDS)
