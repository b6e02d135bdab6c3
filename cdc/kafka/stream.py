"""A stream: one service's topics through one member of the group, until it is told to stop or something fails."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from cdc.kafka.assignment import Assignment, Stored, Storing, nobody_is_told
from cdc.kafka.consumer import Onlooker, consumer, onlooker
from cdc.kafka.ends import End
from cdc.kafka.garbage import look_for_garbage_seldom
from cdc.kafka.lane import LaneLimits, Taken
from cdc.kafka.member import Member
from cdc.kafka.offsets import Partition
from cdc.kafka.progress import ProgressKeeper
from cdc.kafka.reader import Fetched, Reader
from cdc.kafka.watchdog import StuckError, Watchdog
from cdc.storing.commits import APART_SECONDS
from cdc.storing.turns import Turns
from services.kit.kafka.access import KafkaAccess

_log = logging.getLogger(__name__)
_COMMITS_APART_SECONDS = 0.1
_DUTIES_SECONDS = 0.2


class Duties(Protocol):
    """What one member does for the whole group, from `begin` until `end`; both may take a moment."""

    def begin(self) -> None:
        """This member has the duties from now on."""

    def end(self) -> None:
        """Another one has, or nobody."""

    def check(self) -> None:
        """Raise what must end the stream."""


@dataclass(frozen=True)
class Group:
    """Whose changes the group reads, how Kafka is reached, and what it reads: topics, that of transactions among them.

    topics: how many partitions each is made with where it is not there yet; replicas: how many copies of each.
    """

    service: str
    access: KafkaAccess
    name: str
    topics: Mapping[str, int]
    transaction_topic: str
    replicas: int = 1

    @property
    def first(self) -> Partition:
        """Whoever owns this partition has the group's duties."""
        return Partition(self.transaction_topic, 0)


@dataclass(frozen=True)
class Bounds:
    """How much may wait in lanes, how far apart the batches of one are, and when something counts as stuck.

    patience_seconds: how long a rebalance waits for inserts under way; less than the group waits for a member.
    """

    limits: LaneLimits
    apart_seconds: float
    stuck_seconds: float
    hang_seconds: float
    patience_seconds: float = 10.0


@dataclass(frozen=True)
class Target:
    """Where a stream leads: `store` a topic's records, `record` how far everything is stored; both in threads.

    assigned: called in the event loop whenever the group has assigned partitions anew.
    check: called again and again, to raise what must end the stream; stored: told of each batch that was stored.
    gap: told in a thread of a partition whose records from an offset on (None: from the first on) may be gone.
    """

    store: Callable[[str, Taken], None]
    record: Callable[[End], None]
    assigned: Callable[[], None]
    gap: Callable[[Partition, int | None], None]
    duties: Duties
    check: Callable[[], None]
    stored: Stored = nobody_is_told


class Stream:
    """Reads, stores, commits and keeps progress; `run` returns once everything that was fetched is stored."""

    def __init__(self, group: Group, bounds: Bounds, target: Target, turns: Turns) -> None:
        self._group, self._bounds, self._target, self._turns = group, bounds, target, turns
        self._watchdog = Watchdog(bounds.stuck_seconds)
        self._on_duty = False

    async def run(self, stopping: threading.Event) -> None:
        """Go on until `stopping` is set; then store what was fetched, commit, and leave the group."""
        look_for_garbage_seldom()
        async with AsyncExitStack() as opened:
            looking = await opened.enter_async_context(onlooker(self._group.access))
            # Debezium makes a topic with its first message, and what is not there has no end to be reached.
            await looking.make(self._group.topics, self._group.replicas)
            reading = await opened.enter_async_context(consumer(self._group.access, self._group.name))
            await self._run(reading, looking, stopping)

    async def _run(self, reading: AIOKafkaConsumer, looking: Onlooker, stopping: threading.Event) -> None:
        failure = _Failure()

        def begin(partitions: Iterable[Partition]) -> Assignment:
            self._target.assigned()
            return Assignment(partitions, storing)

        storing = Storing(
            self._group.service,
            self._target.store,
            self._turns,
            self._bounds.limits,
            self._apart,
            failure.say,
            self._target.stored,
        )
        member = Member(reading, begin, self._bounds.patience_seconds)
        progress = ProgressKeeper(looking, self._group.name, tuple(self._group.topics), self._target.record)
        reader = Reader(reading, member, self._bounds.limits, self._seen(progress), self._unknown(looking))
        reading.subscribe(tuple(self._group.topics), listener=member)
        beside = [
            self._commit(member),
            progress.run(),
            self._watch(reading, member),
            self._keep_duties(member, progress),
        ]
        try:
            await _until_first(reader.run(stopping), failure.wait(), *beside)
            await member.end(drain=True)
            failure.check()
        finally:
            await member.end()
            if self._on_duty:
                await asyncio.to_thread(self._target.duties.end)

    def _apart(self, topic: str) -> float:
        """Seconds between the batches of a topic; who reads rows waits for no END of a transaction, and each costs."""
        seconds = self._bounds.apart_seconds
        return max(seconds, APART_SECONDS) if topic == self._group.transaction_topic else seconds

    def _seen(self, progress: ProgressKeeper) -> Callable[[Fetched], None]:
        def seen(fetched: Fetched) -> None:
            for partition, records in fetched.items():
                if partition.topic == self._group.transaction_topic:
                    progress.saw(records)

        return seen

    def _unknown(self, looking: Onlooker) -> Callable[[Partition, int | None], Coroutine[Any, Any, None]]:
        async def unknown(partition: Partition, offset: int | None) -> None:
            beginnings = await looking.beginnings([partition])
            if offset is not None or beginnings[partition] > 0:
                await asyncio.to_thread(self._target.gap, partition, offset)

        return unknown

    async def _commit(self, member: Member) -> None:
        while True:
            await asyncio.sleep(_COMMITS_APART_SECONDS)
            await member.commit()

    async def _keep_duties(self, member: Member, progress: ProgressKeeper) -> None:
        while True:
            # While a rebalance goes on, whoever had the duties keeps them.
            if member.assignment is not None:
                await self._hand_over(self._group.first in member.assignment.offsets.partitions, progress)
            self._target.duties.check()
            self._target.check()
            await asyncio.sleep(_DUTIES_SECONDS)

    async def _hand_over(self, on_duty: bool, progress: ProgressKeeper) -> None:
        if on_duty == self._on_duty:
            return
        if not on_duty:
            progress.forget()
        # Said first: should this be cut off, what was begun is still ended.
        self._on_duty = on_duty
        await asyncio.to_thread(self._target.duties.begin if on_duty else self._target.duties.end)

    async def _watch(self, reading: AIOKafkaConsumer, member: Member) -> None:
        loop = asyncio.get_running_loop()
        unassigned_since: float | None = None
        while True:
            await asyncio.sleep(self._bounds.stuck_seconds / 4)
            assignment = member.assignment
            if assignment is None:
                unassigned_since = unassigned_since or loop.time()
                if loop.time() - unassigned_since >= self._bounds.stuck_seconds:
                    raise StuckError("the group has assigned nothing to this member for too long")
                continue
            unassigned_since = None
            await self._look(reading, assignment)

    async def _look(self, reading: AIOKafkaConsumer, assignment: Assignment) -> None:
        if assignment.longest_unanswered_seconds >= self._bounds.hang_seconds:
            raise StuckError(f"ClickHouse has not answered for {assignment.longest_unanswered_seconds:.0f} s")
        partitions = [TopicPartition(*each) for each in assignment.offsets.partitions]
        try:
            async with asyncio.timeout(self._bounds.stuck_seconds / 4):
                ends = await reading.end_offsets(partitions)
        except (KafkaError, TimeoutError):
            # Kafka is away: that nothing comes has a reason.
            ends = {}
        standing = assignment.offsets.standing()
        self._watchdog.look(
            asyncio.get_running_loop().time(),
            {each: standing.get(each) for each in assignment.offsets.partitions},
            {Partition(*each): end for each, end in ends.items()},
            {Partition(*each) for each in reading.paused()},
        )


class _Failure:
    """The first failure that lanes have told of."""

    def __init__(self) -> None:
        self._first: BaseException | None = None
        self._said = asyncio.Event()

    def say(self, error: BaseException) -> None:
        """Tell of a failure."""
        self._first = self._first or error
        self._said.set()

    def check(self) -> None:
        """Raise it, if there was one."""
        if self._first is not None:
            raise self._first

    async def wait(self) -> None:
        """Raise it once there is one."""
        await self._said.wait()
        self.check()


async def _until_first(*running: Coroutine[Any, Any, None]) -> None:
    """Run all until the first is done, and end the others; raises what that one raised."""
    tasks = [asyncio.create_task(each) for each in running]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
