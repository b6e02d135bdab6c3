"""The inserter: a thread that stores batches one after another while the reader fills the next one."""

import logging
import threading
from collections.abc import Callable
from queue import Full, Queue

from cdc.backoff import Backoff
from cdc.batch import Batch
from cdc.clickhouse import is_passing

_log = logging.getLogger(__name__)


class Inserter:
    """Stores what it is offered, trying again while ClickHouse is in trouble; stops for good at any other error.

    acknowledged: the end LSN of the last transaction stored whole, 0 before the first; failure: what stopped it.
    """

    def __init__(self, store: Callable[[Batch], None], stopping: threading.Event, name: str) -> None:
        self.acknowledged = 0
        self.failure: BaseException | None = None
        self._store, self._stopping = store, stopping
        # One batch waits while one is stored: the bound on memory, and the signal to read on rather than to send.
        self._waiting: Queue[Batch | None] = Queue(maxsize=1)
        self._thread = threading.Thread(target=self._run, name=f"inserter-{name}", daemon=True)
        self._thread.start()

    @property
    def has_room(self) -> bool:
        """Whether a batch would be taken at once."""
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
        if self.failure:
            raise self.failure

    def finish(self) -> None:
        """Wait until everything that was taken is stored, or has failed."""
        while self._thread.is_alive():
            try:
                self._waiting.put(None, timeout=0.1)
                break
            except Full:
                continue
        self._thread.join()

    def _run(self) -> None:
        try:
            # An empty batch is false, and only None says that no more will come.
            while (batch := self._waiting.get()) is not None:
                self._store_until_done(batch)
                self.acknowledged = batch.end_lsn or self.acknowledged
                del batch  # its memory goes before the wait for the next one
        except BaseException as error:
            self.failure = error

    def _store_until_done(self, batch: Batch) -> None:
        backoff = Backoff()
        while error := self._failure_of(batch):
            delay = backoff.next_delay()
            _log.warning("ClickHouse did not confirm a batch, trying again in %.1f s: %s", delay, error)
            self._stopping.wait(delay)

    def _failure_of(self, batch: Batch) -> Exception | None:
        try:
            self._store(batch)
        except Exception as error:
            if self._stopping.is_set() or not is_passing(error):
                raise
            return error
        return None
