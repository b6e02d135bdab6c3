"""The log of requests: records are taken off the requests' path and stored in batches, each of them once."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog
from prometheus_client import Counter, Gauge

from services.api_gateway_service.domain import RequestRecord
from services.api_gateway_service.protocols import RequestLog
from services.api_gateway_service.request_queue import RequestQueue
from services.api_gateway_service.request_storing import RequestStoring
from services.kit.backoff import Backoff
from services.kit.errors import ValidationFailedError

log = structlog.get_logger(__name__)

RECORDS = Counter("request_log_records_total", "Records of requests, by what became of them.", ["outcome"])
FAILED_WRITES = Counter("request_log_failed_writes_total", "Writes of batches that failed and are tried again.")
WAITING = Gauge("request_log_waiting_records", "Records that are not stored yet.")
STORED, REFUSED, DROPPED, LOST = "stored", "refused", "dropped", "lost"
_LONGEST_PAUSE, _LONGEST_PAUSE_AT_END = 5.0, 0.2


@dataclass(frozen=True)
class Limits:
    """batch_size, queue_limit: in records; flush_interval: seconds to fill a batch; seconds_to_stop: for what waits."""

    batch_size: int = 1000
    queue_limit: int = 50_000
    flush_interval: float = 0.5
    seconds_to_stop: float = 10.0


class NoRequestLog(RequestLog):
    """Keeps no record of any request."""

    def record(self, record: RequestRecord) -> None:
        """Forget the record."""


class BatchedRequestLog(RequestLog):
    """An async context that stores while it is open, and at its end what still waits.

    A batch that cannot be stored is held and tried again until it can; meanwhile others wait, up to the limit. What
    comes beyond it is dropped, and a record that PostgreSQL will never take is refused: both are counted and told.
    """

    def __init__(self, storing: RequestStoring, limits: Limits) -> None:
        self._storing = storing
        self._limits = limits
        self._queue = RequestQueue(limits.batch_size, limits.queue_limit)
        self._writer: asyncio.Task[None] | None = None

    def record(self, record: RequestRecord) -> None:
        """Take a record, unless as many as the limit allows are waiting already."""
        if not self._queue.put(record):
            RECORDS.labels(DROPPED).inc()

    async def __aenter__(self) -> Self:
        WAITING.set_function(lambda: len(self._queue))
        self._writer = asyncio.create_task(self._write(), name="request_log")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Store what waits; what the database does not take within some seconds is lost, which is counted and told."""
        self._queue.close()
        if self._writer is not None:
            _, unfinished = await asyncio.wait([self._writer], timeout=self._limits.seconds_to_stop)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        if self._queue:
            RECORDS.labels(LOST).inc(len(self._queue))
            log.error("request_log_lost", records=len(self._queue))

    async def _write(self) -> None:
        while self._queue or not self._queue.closing.is_set():
            batch = await self._queue.next_batch(self._limits.flush_interval)
            self._tell_dropped()
            if batch:
                await self._store(batch)

    async def _store(self, batch: Sequence[RequestRecord], *, again: bool = False) -> None:
        """Store the batch, however long it takes; of one that is refused all but those records that are the reason."""
        backoff = Backoff(first=0.1, longest=_LONGEST_PAUSE)
        while True:
            try:
                await self._storing.store(batch, again=again)
            except Exception as error:  # pylint: disable=broad-exception-caught  # none of them may end the log
                if again and isinstance(error, ValidationFailedError | ValueError):
                    await self._store_parts(batch, error)
                    return
                await self._failed(batch, error, backoff)
                again = True
            else:
                self._done(STORED, batch)
                return

    async def _store_parts(self, batch: Sequence[RequestRecord], refusal: Exception) -> None:
        if len(batch) == 1:
            log.error("request_log_record_refused", request_id=str(batch[0].request_id), reason=str(refusal))
            self._done(REFUSED, batch)
            return
        middle = len(batch) // 2
        for part in (batch[:middle], batch[middle:]):
            await self._store(part, again=True)

    async def _failed(self, batch: Sequence[RequestRecord], error: Exception, backoff: Backoff) -> None:
        FAILED_WRITES.inc()
        log.warning("request_log_write_failed", records=len(batch), reason=str(error))
        self._tell_dropped()
        seconds = backoff.next_delay()
        if self._queue.closing.is_set():
            await asyncio.sleep(min(seconds, _LONGEST_PAUSE_AT_END))
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._queue.closing.wait()

    def _done(self, outcome: str, batch: Sequence[RequestRecord]) -> None:
        RECORDS.labels(outcome).inc(len(batch))
        self._queue.done(len(batch))

    def _tell_dropped(self) -> None:
        dropped = self._queue.take_dropped()
        if dropped:
            log.error("request_log_full", dropped=dropped, limit=self._limits.queue_limit)
