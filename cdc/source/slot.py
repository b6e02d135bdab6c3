"""The slot reader: one replication slot into batches, acknowledged to PostgreSQL once ClickHouse has stored them."""

import logging
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psycopg2.extras import LogicalReplicationConnection, ReplicationCursor

from cdc.catalog.postgres_ddl import PUBLICATION
from cdc.source.pgoutput import Decoder
from cdc.storing.inserter import Inserter

OPTIONS = {"proto_version": "1", "publication_names": PUBLICATION, "messages": "true"}
_STATUS_INTERVAL_SECONDS = 10
_log = logging.getLogger(__name__)
_LONGEST_WAIT_SECONDS = 0.05
_LONGEST_SILENCE_SECONDS = 0.5


@dataclass(frozen=True)
class BatchLimits:
    """When a batch is sent: this long after the one before at the earliest, but at this many rows or bytes at once."""

    seconds: float
    rows: int
    bytes: int


# A few batches are in memory at once: with these, one transaction of millions of rows stays below 200 MB.
USUAL_LIMITS = BatchLimits(seconds=0.02, rows=32_000, bytes=32 << 20)


class SlotReader:
    """Reads one slot until it is told to stop; what it read and could not store is sent again at the next start."""

    def __init__(self, decoder: Decoder, inserter: Inserter, limits: BatchLimits) -> None:
        self._decoder, self._inserter, self._limits = decoder, inserter, limits
        self._batch_bytes, self._batch_since, self._sent_at = 0, 0.0, 0.0
        self._reported = 0

    def run(
        self,
        connection: LogicalReplicationConnection,
        slot: str,
        stopping: threading.Event,
        started: Callable[[], None] = lambda: None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Read `slot` until `stopping` is set, then store and report the rest.

        started: called once, when the slot is read; check: called again and again, to raise what must end the run.
        """
        with connection.cursor() as cursor:
            cursor.start_replication(
                slot_name=slot, decode=False, status_interval=_STATUS_INTERVAL_SECONDS, options=OPTIONS
            )
            _log.info("streaming from slot %s", slot)
            started()
            self._sent_at = time.monotonic()
            while not stopping.is_set():
                if not self._read(cursor):
                    self._wait(cursor)
                check()
                self._send_if_due(cursor)
                self._report(cursor)
            self._finish(cursor)

    def _read(self, cursor: ReplicationCursor) -> bool:
        """Take messages until none is there or a batch must be looked at; False if there was none."""
        read, feed = cursor.read_message, self._decoder.feed
        for _ in range(256):
            message = read()
            if message is None:
                return False
            payload = message.payload
            if not self._batch_bytes:
                self._batch_since = time.monotonic()
            self._batch_bytes += len(payload)
            feed(message.data_start, payload)
            if self._is_full():
                break
        return True

    def _is_full(self) -> bool:
        return self._decoder.batch.row_count >= self._limits.rows or self._batch_bytes >= self._limits.bytes

    def _wait(self, cursor: ReplicationCursor) -> None:
        left = _LONGEST_WAIT_SECONDS
        if self._decoder.batch:
            left = min(left, self._due_at() - time.monotonic())
        # What is due waits for the bell.
        timeout = left if left > 0 else _LONGEST_WAIT_SECONDS
        ears: list[Any] = [cursor, self._inserter.call.bell]
        select.select(ears, [], [], timeout)
        self._inserter.call.bell.hush()

    def _due_at(self) -> float:
        """When the batch may be sent: a first transaction at once, others together; a part of one after some time."""
        since = self._sent_at if self._decoder.batch.commits else self._batch_since
        return since + self._limits.seconds

    def _send_if_due(self, cursor: ReplicationCursor) -> None:
        self._inserter.check()
        if self._is_full():
            self._send(cursor)
        elif self._decoder.batch and time.monotonic() >= self._due_at():
            self._inserter.call.ask()
            if self._inserter.call.called:
                self._send(cursor)

    def _send(self, cursor: ReplicationCursor) -> None:
        batch = self._decoder.take()
        self._batch_bytes, self._sent_at = 0, time.monotonic()
        while not self._inserter.offer(batch, _LONGEST_SILENCE_SECONDS):
            # Slow is not dead: PostgreSQL must not give the connection up.
            cursor.send_feedback(force=True)  # type: ignore[no-untyped-call]

    def _report(self, cursor: ReplicationCursor) -> None:
        if self._inserter.acknowledged > self._reported:
            self._reported = self._inserter.acknowledged
            cursor.send_feedback(flush_lsn=self._reported, force=True)  # type: ignore[no-untyped-call]

    def _finish(self, cursor: ReplicationCursor) -> None:
        if self._decoder.batch:
            self._send(cursor)
        self._inserter.finish()
        self._report(cursor)
        self._inserter.check()
