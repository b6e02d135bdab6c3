"""The inserter: threads that store batches one after another while the reader fills the next one.

One stores messages, truncates and rows; another the commits of what is stored, while the rows of the next batch are.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from queue import Full, Queue

from cdc.batch import Batch
from cdc.storing.call import Call
from cdc.storing.commits import Commits
from cdc.storing.retry import Retry
from cdc.storing.turns import Turns


class Inserter:
    """Stores what it is offered, trying again while ClickHouse is in trouble; stops for good at any other error.

    A reader asks before it offers, and goes on filling its batch until it is called: a batch that was cut earlier would
    have to wait, and its rows with it, while later ones could still have come along.

    store: called with a batch without its commits, and, once that is stored, with a batch of commits alone; before:
    called with each whole batch before any of it is stored, and whenever that is tried again; acknowledged: the end LSN
    of the last transaction stored whole, 0 before the first; call: by which a reader asks, and whose bell rings when
    more is acknowledged.
    """

    def __init__(
        self,
        store: Callable[[Batch], None],
        stopping: threading.Event,
        service: str,
        turns: Turns | None = None,
        *,
        before: Callable[[Batch], None] = lambda _batch: None,
    ) -> None:
        self.acknowledged, self.call = 0, Call(turns or Turns(1))
        self._store, self._before, self._retry = store, before, Retry(service, stopping)
        # One full batch may wait while one is stored: the bound on memory.
        self._waiting: Queue[Batch | None] = Queue(maxsize=1)
        self._commits = Commits()
        threads = ThreadPoolExecutor(2, thread_name_prefix=f"inserter-{service}")
        self._storing = (threads.submit(self._store_all), threads.submit(self._store_commits))
        threads.shutdown(wait=False)  # they end with their one task

    def offer(self, batch: Batch, timeout: float) -> bool:
        """Hand over a batch within `timeout` seconds; False if there was no room. Raises what stopped a thread."""
        self.check()
        return self._put(batch, timeout)

    def check(self) -> None:
        """Raise what stopped a thread, if anything did."""
        for each in self._storing:
            if each.done():
                each.result()

    def finish(self) -> None:
        """Wait until everything that was taken is stored, or has failed; no harm in a second time."""
        rows, _ = self._storing
        while not (rows.done() or self._put(None, timeout=0.1)):
            continue
        wait(self._storing)
        self.call.bell.close()

    def _put(self, batch: Batch | None, timeout: float) -> bool:
        self.call.ask()
        try:
            self._waiting.put(batch, timeout=timeout)
        except Full:
            return False
        self.call.use()
        return True

    def _store_all(self) -> None:
        try:
            while self._store_next():
                self.call.bell.ring()
        finally:
            self._commits.close()

    def _store_next(self) -> bool:
        with self.call.turn():
            batch = self._waiting.get()
            self.call.called = False
            if batch is None:
                return False
            store_changes = partial(self._store_changes, batch)
            error = self._retry.failure_of(store_changes)
        self._retry.go_on(store_changes, error)
        self._commits.add(batch.commits)
        return True

    def _store_changes(self, batch: Batch) -> None:
        self._before(batch)
        self._store(replace(batch, commits=[]))

    def _store_commits(self) -> None:
        try:
            while commits := self._commits.take():
                # Without a turn: they are few, and rows, which somebody waits for, would wait for them.
                self._retry.until_stored(partial(self._store, Batch(commits=commits)))
                self.acknowledged = commits[-1].end_lsn
                self.call.bell.ring()
        finally:
            self._commits.close()
