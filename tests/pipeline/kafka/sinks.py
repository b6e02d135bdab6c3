"""Sinks under test that store into memory: what they stored, how far they said it is whole, and what they committed."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from cdc.kafka.consumer import onlooker
from cdc.kafka.ends import End
from cdc.kafka.lane import LaneLimits, Taken
from cdc.kafka.offsets import Partition
from cdc.kafka.stream import Bounds, Group, Stream, Target
from cdc.storing.turns import Turns

PACE = Bounds(LaneLimits(10_000, 8 << 20), apart_seconds=0.01, stuck_seconds=20.0, hang_seconds=20.0)
SOON = 90.0


@dataclass
class Memory:
    """What sinks stored, together: a ClickHouse that cannot fail unless `before` does."""

    stored: list[tuple[Partition, int, bytes]] = field(default_factory=list)
    batches: Counter[str] = field(default_factory=Counter)
    recorded: list[End] = field(default_factory=list)
    gaps: list[tuple[Partition, int | None]] = field(default_factory=list)
    before: Callable[[str, Taken], None] = lambda _topic, _taken: None
    # By the LSN of its commit, what a transaction wrote; progress is held against it.
    written: dict[int, tuple[str, ...]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def store(self, topic: str, taken: Taken) -> None:
        self.before(topic, taken)
        with self.guard:
            self.batches[topic] += 1
            for record in taken.records:
                place = Partition(record.topic, record.partition)
                self.stored.append((place, record.offset, record.value or b""))

    def record(self, end: End) -> None:
        """Take note of progress, and of whatever it claims that is not stored."""
        with self.guard:
            stored = {value.decode() for _, _, value in self.stored}
        due = [value for lsn, values in list(self.written.items()) if lsn <= end.commit_lsn for value in values]
        self.missing += [value for value in due if value not in stored]
        self.recorded.append(end)

    def reached(self, commit_lsn: int) -> Callable[[], bool]:
        """Whether progress has come to a commit."""
        return lambda: bool(self.recorded) and self.recorded[-1].commit_lsn >= commit_lsn

    def values(self, topic: str) -> Counter[bytes]:
        with self.guard:
            return Counter(value for place, _, value in self.stored if place.topic == topic)

    def ends(self) -> dict[Partition, int]:
        """Behind the last stored record of each partition."""
        with self.guard:
            return {place: offset + 1 for place, offset, _ in sorted(self.stored)}


@dataclass
class OnDuty:
    """Counts whoever has the duties."""

    now: int = 0
    begun: int = 0

    def begin(self) -> None:
        self.now += 1
        self.begun += 1

    def end(self) -> None:
        self.now -= 1

    def check(self) -> None:
        """Nothing is wrong."""


@dataclass
class Sink:
    """One sink under test: it runs in a thread with a loop of its own, as a pipeline does."""

    group: Group
    memory: Memory
    pace: Bounds = PACE
    duties: OnDuty = field(default_factory=OnDuty)
    stopping: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None
    batches: int = 0

    def run(self) -> None:
        target = Target(self._store, self.memory.record, lambda: None, self._gap, self.duties, lambda: None)
        try:
            asyncio.run(Stream(self.group, self.pace, target, Turns(2)).run(self.stopping))
        except BaseException as error:  # pylint: disable=broad-exception-caught
            self.error = error

    def _store(self, topic: str, taken: Taken) -> None:
        self.memory.store(topic, taken)
        self.batches += 1

    def _gap(self, partition: Partition, offset: int | None) -> None:
        self.memory.gaps.append((partition, offset))


@asynccontextmanager
async def running(sink: Sink, *, well: bool = True) -> AsyncIterator[threading.Thread]:
    """The sink, told to stop at the end; `well`: it is an error if it failed."""
    thread = threading.Thread(target=sink.run)
    thread.start()
    try:
        yield thread
    finally:
        sink.stopping.set()
        await asyncio.to_thread(thread.join, SOON)
        assert not thread.is_alive(), "the sink did not stop"
    if well and sink.error is not None:
        raise sink.error


async def committed(group: Group) -> dict[Partition, int]:
    async with onlooker(group.access) as looking:
        partitions = [each for some in (await looking.partitions(group.topics)).values() for each in some]
        return dict(await looking.committed(group.name, partitions))


async def until(reached: Callable[[], bool], seconds: float = SOON) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"not reached within {seconds:g} s"
        await asyncio.sleep(0.02)


def small(pace: Bounds = PACE, rows: int = 10) -> Bounds:
    """Lanes that are full after a few rows."""
    return replace(pace, limits=LaneLimits(rows, 8 << 20))
