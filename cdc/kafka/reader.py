"""The reader: fetches records into the lanes of the assignment in effect, and leaves full lanes alone for a while."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from cdc.kafka.assignment import Assignment
from cdc.kafka.lane import LaneLimits, Record, full
from cdc.kafka.member import Member
from cdc.kafka.offsets import Partition

_WAIT_MS = 100
# How soon it is seen that a lane has room again.
_FULL_WAIT_MS = 10

Fetched = Mapping[Partition, Sequence[Record]]


class Reader:
    """Reads until it is told to stop.

    seen: told of everything that was fetched; unknown: told of a partition of which the group has committed nothing,
    or something that is no more there (with that offset), before it is read from its beginning.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        member: Member,
        limits: LaneLimits,
        seen: Callable[[Fetched], None],
        unknown: Callable[[Partition, int | None], Awaitable[None]],
    ) -> None:
        self._consumer, self._member, self._limits = consumer, member, limits
        self._seen, self._unknown = seen, unknown

    async def run(self, stopping: threading.Event) -> None:
        """Read until `stopping` is set."""
        while not stopping.is_set() and (assignment := await self._assignment(stopping)) is not None:
            try:
                fetched = await self._fetch(self._pause_full(assignment))
            except NoOffsetForPartitionError as error:
                await self._begin(error.args[0], None)
                continue
            except OffsetOutOfRangeError as error:
                for partition, offset in error.args[0].items():
                    await self._begin(partition, offset)
                continue
            # A rebalance may have come while it waited, and then these are of the new assignment.
            assignment = await self._assignment(stopping)
            if assignment is None:
                return
            self._seen(fetched)
            assignment.add(fetched, await self._standing(assignment))

    async def _assignment(self, stopping: threading.Event) -> Assignment | None:
        """The assignment in effect, None if there is none and it is told to stop."""
        while (assignment := await self._member.in_effect(_WAIT_MS / 1000)) is None and not stopping.is_set():
            continue
        return assignment

    def _pause_full(self, assignment: Assignment) -> list[TopicPartition]:
        """Pause the partitions of full lanes and take up the others; those to be fetched from."""
        closed = full(list(assignment.lanes.values()), self._limits)
        assigned = self._consumer.assignment()
        paused = {partition for partition in assigned if partition.topic in closed}
        self._consumer.pause(*(paused - self._consumer.paused()))
        self._consumer.resume(*(self._consumer.paused() - paused))
        return list(assigned - paused)

    async def _fetch(self, partitions: Sequence[TopicPartition]) -> Fetched:
        # Of what was fetched for a paused partition nothing is taken: it would be thrown away.
        some_are_full = bool(self._consumer.paused())
        if not partitions and some_are_full:
            await asyncio.sleep(_FULL_WAIT_MS / 1000)
            return {}
        wait_ms = _FULL_WAIT_MS if some_are_full else _WAIT_MS
        found = await self._consumer.getmany(*partitions, timeout_ms=wait_ms, max_records=self._limits.rows)
        return {Partition(*partition): records for partition, records in found.items()}

    async def _standing(self, assignment: Assignment) -> dict[Partition, int]:
        """Where the consumer stands in each partition that it has begun to fetch; this never waits."""
        return {
            partition: await self._consumer.position(TopicPartition(*partition))
            for partition in assignment.offsets.partitions & set(map(Partition._make, self._consumer.assignment()))
            if self._consumer.last_poll_timestamp(TopicPartition(*partition)) is not None
        }

    async def _begin(self, partition: TopicPartition, offset: int | None) -> None:
        await self._unknown(Partition(*partition), offset)
        if partition in self._consumer.assignment():
            await self._consumer.seek_to_beginning(partition)
