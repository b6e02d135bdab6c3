"""An assignment: what a member of the group owns between two rebalances, and how its lanes are stored side by side."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from cdc.kafka.lane import Lane, LaneLimits, Record, Taken
from cdc.kafka.offsets import Offsets, Partition
from cdc.storing.retry import Retry
from cdc.storing.turns import Turns

_log = logging.getLogger(__name__)


# (topic, what was stored, seconds from its turn until it was)
Stored = Callable[[str, Taken, float], None]


def nobody_is_told(_topic: str, _taken: Taken, _seconds: float) -> None:
    """What is done where nobody counts what is stored."""


@dataclass(frozen=True)
class Storing:
    """How a service's lanes are stored: by `store`, which a thread calls with a topic, and in batches within `limits`.

    apart_seconds: how far apart the batches of a topic are at least; failed: told what `store` raised for good; stored:
    told of each batch that was stored.
    """

    service: str
    store: Callable[[str, Taken], None]
    turns: Turns
    limits: LaneLimits
    apart_seconds: Callable[[str], float]
    failed: Callable[[BaseException], None]
    stored: Stored = nobody_is_told


class Assignment:
    """Partitions, what waits of them, and what may be committed; made and used in the event loop.

    Each lane has one insert under way at a time, and whatever comes meanwhile goes along with the next: so a table
    without much traffic waits for nobody, and batches grow with the load.
    """

    def __init__(self, partitions: Iterable[Partition], storing: Storing) -> None:
        self.offsets = Offsets(partitions)
        self.lanes = {
            topic: Lane(topic, storing.limits) for topic in sorted({each.topic for each in self.offsets.partitions})
        }
        self.giving_up = threading.Event()
        self._storing, self._retry = storing, Retry(storing.service, self.giving_up)
        self._attempts: dict[str, float] = {}
        self._ending = self._draining = False
        self._filled = {topic: asyncio.Event() for topic in self.lanes}
        self._threads = ThreadPoolExecutor(max(len(self.lanes), 1), thread_name_prefix="lane")
        self._tasks = [asyncio.create_task(self._keep_storing(lane)) for lane in self.lanes.values()]
        for task in self._tasks:
            task.add_done_callback(self._has_ended)

    def add(self, fetched: Mapping[Partition, Sequence[Record]], standing: Mapping[Partition, int]) -> None:
        """Let fetched records wait for their turn; `standing` is where the reader stands behind them."""
        own = {partition: records for partition, records in fetched.items() if partition in self.offsets.partitions}
        self.offsets.read({partition: records[-1].offset + 1 for partition, records in own.items()}, standing)
        for partition, records in own.items():
            self.lanes[partition.topic].add(records)
            self._filled[partition.topic].set()

    @property
    def longest_attempt_seconds(self) -> float:
        """How long the oldest request to store something goes on by now, 0 without one."""
        began = min(list(self._attempts.values()), default=None)
        return time.monotonic() - began if began is not None else 0.0

    async def end(self, patience_seconds: float, *, drain: bool) -> None:
        """Wait for the inserts under way, and, to drain, until nothing waits; give up what takes longer than patience.

        What was given up may still be stored, and then is stored once more by whoever owns the partition next.
        """
        self._ending, self._draining = True, drain
        for filled in self._filled.values():
            filled.set()
        if self._tasks:
            _, under_way = await asyncio.wait(self._tasks, timeout=patience_seconds)
            if under_way:
                _log.warning(
                    "%d inserts are given up after %g s, their offsets uncommitted", len(under_way), patience_seconds
                )
        self.giving_up.set()
        self._threads.shutdown(wait=False)

    async def _keep_storing(self, lane: Lane) -> None:
        loop = asyncio.get_running_loop()
        while await self._is_filled(lane):
            began = loop.time()
            self.offsets.stored(await loop.run_in_executor(self._threads, self._store_some, lane, loop))
            await asyncio.sleep(max(0.0, self._storing.apart_seconds(lane.topic) - (loop.time() - began)))

    async def _is_filled(self, lane: Lane) -> bool:
        filled = self._filled[lane.topic]
        while not lane and not self._ending:
            filled.clear()
            await filled.wait()
        return bool(lane) and (self._draining or not self._ending)

    def _store_some(self, lane: Lane, loop: asyncio.AbstractEventLoop) -> dict[Partition, int]:
        """Store a batch, and while a whole one waits the next; the ends of the last, those before are told the loop.

        Under a backlog the loop has a quarter of a second's work with each fetch: ClickHouse should not wait for it.
        """
        while True:
            ends = self._store_next(lane)
            if self._ending or not lane.has_a_batch:
                return ends
            loop.call_soon_threadsafe(self.offsets.stored, ends)

    def _store_next(self, lane: Lane) -> dict[Partition, int]:
        with self._storing.turns.turn():
            # Only now: whatever came while it waited for its turn goes along.
            taken, began = lane.take(), time.monotonic()
            store = partial(self._attempt, lane.topic, taken)
            error = self._retry.failure_of(store)
        self._retry.go_on(store, error)
        self._storing.stored(lane.topic, taken, time.monotonic() - began)
        return taken.ends

    def _attempt(self, topic: str, taken: Taken) -> None:
        self._attempts[topic] = time.monotonic()
        try:
            self._storing.store(topic, taken)
        finally:
            del self._attempts[topic]

    def _has_ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not self.giving_up.is_set():
            self._storing.failed(error)
