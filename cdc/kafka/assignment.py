"""An assignment: what a member of the group owns between two rebalances, and how its lanes are stored side by side."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from cdc.clickhouse import longest_unanswered_seconds
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

    apart_seconds: how far apart the batches of a topic are at least, if it has no backlog; failed: told what `store`
    raised for good; stored: told of each batch that was stored.
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
    without much traffic waits for nobody, and batches grow with the load. Under a backlog it has two, of different
    partitions, so that the changes of a key keep their order.
    """

    def __init__(self, partitions: Iterable[Partition], storing: Storing) -> None:
        self.offsets = Offsets(partitions)
        self.lanes = {
            topic: Lane(topic, storing.limits) for topic in sorted({each.topic for each in self.offsets.partitions})
        }
        self.giving_up = threading.Event()
        self._storing, self._retry = storing, Retry(storing.service, self.giving_up)
        self._storing_threads = set[int]()
        self._ending = self._draining = False
        self._over = asyncio.Event()
        self._changed = {topic: asyncio.Event() for topic in self.lanes}
        self._helped, self._tasks = set[str](), set[asyncio.Task[None]]()
        self._threads = ThreadPoolExecutor(max(2 * len(self.lanes), 1), thread_name_prefix="lane")
        for lane in self.lanes.values():
            self._begin(self._keep_storing(lane))

    def add(self, fetched: Mapping[Partition, Sequence[Record]], standing: Mapping[Partition, int]) -> None:
        """Let fetched records wait for their turn; `standing` is where the reader stands behind them."""
        own = {partition: records for partition, records in fetched.items() if partition in self.offsets.partitions}
        self.offsets.read({partition: records[-1].offset + 1 for partition, records in own.items()}, standing)
        for partition, records in own.items():
            self.lanes[partition.topic].add(records)
            self._changed[partition.topic].set()
        for topic in {partition.topic for partition in own}:
            self._call_help(self.lanes[topic])

    @property
    def longest_unanswered_seconds(self) -> float:
        """How long ClickHouse has not answered the oldest request by which something is to be stored, 0 without one."""
        return longest_unanswered_seconds(list(self._storing_threads))

    async def end(self, patience_seconds: float, *, drain: bool) -> None:
        """Wait for the inserts under way, and, to drain, until nothing waits; give up what takes longer than patience.

        What was given up may still be stored, and then is stored once more by whoever owns the partition next.
        """
        self._stop(drain=drain)
        if self._tasks:
            _, under_way = await asyncio.wait(set(self._tasks), timeout=patience_seconds)
            if under_way:
                said = "what %d threads are storing is given up after %g s, its offsets uncommitted"
                _log.warning(said, len(under_way), patience_seconds)
        self.giving_up.set()
        self._threads.shutdown(wait=False)

    async def _keep_storing(self, lane: Lane) -> None:
        loop = asyncio.get_running_loop()
        while await self._is_ready(lane):
            began = loop.time()
            await self._store(lane)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(began + self._storing.apart_seconds(lane.topic)):
                    await self._over.wait()

    async def _is_ready(self, lane: Lane) -> bool:
        """Wait until something can be stored; False once nothing more is to be."""
        changed = self._changed[lane.topic]
        while not lane.is_ready and not (self._ending and not (self._draining and lane)):
            changed.clear()
            await changed.wait()
        return lane.is_ready and (self._draining or not self._ending)

    def _call_help(self, lane: Lane) -> None:
        """Under a backlog let two batches of a topic be stored at once: one is parsed and stored by one core alone."""
        if lane.is_being_stored and lane.is_worth_an_insert and not (lane.topic in self._helped or self._ending):
            self._helped.add(lane.topic)
            self._begin(self._help(lane))

    async def _help(self, lane: Lane) -> None:
        try:
            await self._store(lane)
        finally:
            self._helped.discard(lane.topic)
            # What was under way may be all that the lane's own task waits for.
            self._changed[lane.topic].set()

    async def _store(self, lane: Lane) -> None:
        """Store a batch, and more while that is worth an insert, without asking the event loop in between.

        Under a backlog the loop has a quarter of a second's work with each fetch: ClickHouse should not wait for it.
        """
        loop = asyncio.get_running_loop()

        def store() -> dict[Partition, int]:
            while True:
                ends = self._store_next(lane)
                if self._ending or not lane.is_worth_an_insert:
                    return ends
                loop.call_soon_threadsafe(self.offsets.stored, ends)

        self.offsets.stored(await loop.run_in_executor(self._threads, store))

    def _store_next(self, lane: Lane) -> dict[Partition, int]:
        with self._storing.turns.turn():
            # Only now: whatever came while it waited for its turn goes along.
            taken, began = lane.take(), time.monotonic()
            if not taken.records:
                return {}
            store = partial(self._attempt, lane.topic, taken)
            error = self._retry.failure_of(store)
        self._retry.go_on(store, error)
        lane.stored(taken)
        self._storing.stored(lane.topic, taken, time.monotonic() - began)
        return taken.ends

    def _attempt(self, topic: str, taken: Taken) -> None:
        own = threading.get_ident()
        self._storing_threads.add(own)
        try:
            self._storing.store(topic, taken)
        finally:
            self._storing_threads.discard(own)

    def _begin(self, storing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(storing)
        self._tasks.add(task)
        task.add_done_callback(self._has_ended)

    def _has_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            # What it had taken is not stored, so nothing more of its partitions will be: nobody is to wait for that.
            self._stop(drain=False)
            if not self.giving_up.is_set():
                self._storing.failed(error)

    def _stop(self, *, drain: bool) -> None:
        self._ending, self._draining = True, drain
        self._over.set()
        for changed in self._changed.values():
            changed.set()
