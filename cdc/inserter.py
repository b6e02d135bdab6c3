"""The inserter: a thread that stores batches one after another while the reader fills the next one."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from queue import Full, Queue

from cdc.batch import Batch
from cdc.clickhouse import PASSING_ERRORS, is_passing
from services.kit.backoff import Backoff

_log = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS = 0.2


class Inserter:
    """Stores what it is offered, trying again while ClickHouse is in trouble; stops for good at any other error.

    acknowledged: the end LSN of the last transaction stored whole, 0 before the first.
    """

    def __init__(self, store: Callable[[Batch], None], stopping: threading.Event, name: str) -> None:
        self.acknowledged = 0
        self._store, self._stopping = store, stopping
        # One batch waits while one is stored: the bound on memory, and the signal to read on rather than to send.
        self._waiting: Queue[Batch | None] = Queue(maxsize=1)
        thread = ThreadPoolExecutor(1, thread_name_prefix=f"inserter-{name}")
        self._storing = thread.submit(self._store_all)
        thread.shutdown(wait=False)  # it ends with its one task

    @property
    def has_room(self) -> bool:
        """Whether no batch waits, so that one would be taken at once."""
        return self._waiting.empty()

    def offer(self, batch: Batch, timeout: float) -> bool:
        """Hand over a batch within `timeout` seconds; False if there was no room. Raises what stopped the thread."""
        self.check()
        try:
            self._waiting.put(batch, timeout=timeout)
        except Full:
            return False
        return True

    def check(self) -> None:
        """Raise what stopped the thread, if anything did."""
        if self._storing.done():
            self._storing.result()

    def finish(self) -> None:
        """Wait until everything that was taken is stored, or has failed."""
        while not self._storing.done():
            try:
                self._waiting.put(None, timeout=0.1)
                break
            except Full:
                continue
        wait([self._storing])

    def _store_all(self) -> None:
        # An empty batch is false, and only None says that no more will come.
        while (batch := self._waiting.get()) is not None:
            self._store_until_done(batch)
            self.acknowledged = batch.end_lsn or self.acknowledged
            del batch  # its memory goes before the wait for the next one

    def _store_until_done(self, batch: Batch) -> None:
        backoff = Backoff(first=_FIRST_WAIT_SECONDS)
        while error := self._failure_of(batch):
            delay = backoff.next_delay()
            _log.warning("ClickHouse did not confirm a batch, trying again in %.1f s: %s", delay, error)
            self._stopping.wait(delay)

    def _failure_of(self, batch: Batch) -> Exception | None:
        try:
            self._store(batch)
        except PASSING_ERRORS as error:
            if self._stopping.is_set() or not is_passing(error):
                raise
            return error
        return None
