"""Keeping `progress`: how far everything of a service is stored, told by whoever owns its transaction topic."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from aiokafka.errors import KafkaError

from cdc.kafka.consumer import Onlooker
from cdc.kafka.ends import End, newest_end
from cdc.kafka.lane import Record
from cdc.kafka.offsets import Partition
from cdc.kafka.waypoint import Waypoints

_log = logging.getLogger(__name__)
_TICK_SECONDS = 0.1
_LONGEST_LOOK_SECONDS = 10.0


class ProgressKeeper:
    """Sets waypoints at the ENDs that are read, and records those that the group has passed.

    record: stores how far everything is stored; called in a thread.
    """

    def __init__(self, onlooker: Onlooker, group: str, topics: Sequence[str], record: Callable[[End], None]) -> None:
        self._onlooker, self._group, self._topics, self._record = onlooker, group, topics, record
        self._waypoints = Waypoints()

    def saw(self, records: Sequence[Record]) -> None:
        """Take note of records of the transaction topic, once they were read."""
        self._waypoints.read(newest_end([record.value for record in records if record.value is not None]))

    def forget(self) -> None:
        """Begin anew: another member of the group keeps progress now."""
        self._waypoints = Waypoints()

    async def run(self) -> None:
        """Go on for ever; what is not to be had from Kafka for a while is asked for again."""
        while True:
            try:
                async with asyncio.timeout(_LONGEST_LOOK_SECONDS):
                    await self._step()
            except (KafkaError, TimeoutError) as error:
                _log.warning("how far everything is stored cannot be told yet: %r", error)
            await asyncio.sleep(_TICK_SECONDS)

    async def _step(self) -> None:
        waypoints = self._waypoints
        if (end := waypoints.next) is not None:
            waypoints.set_at(end, await self._line())
        if waypoints.set is not None:
            reached = waypoints.reached(await self._onlooker.committed(self._group, waypoints.set.line))
            if reached is not None:
                await asyncio.to_thread(self._record, reached)

    async def _line(self) -> Mapping[Partition, int]:
        partitions = await self._onlooker.partitions(self._topics)
        return await self._onlooker.ends([each for some in partitions.values() for each in some])
