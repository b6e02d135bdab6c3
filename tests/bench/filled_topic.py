"""A topic that a connector has filled: what it holds, how long the connector took, and reading it to nowhere."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from cdc.batch import Rows
from cdc.catalog.envelope_names import ENVELOPE_FORMAT
from cdc.kafka.consumer import consumer
from cdc.source.slot import USUAL_LIMITS
from services.kit.kafka.access import KafkaAccess

_WAIT_MS = 100
_PATIENCE_SECONDS = 60.0
_NOBODY = "bench-nobody"


@dataclass(frozen=True)
class Backlog:
    """All changes of a topic in bodies that ClickHouse takes, and the seconds from the first one's writing to the last.

    Kafka's producer notes when it writes each.
    """

    bodies: Sequence[Rows]
    written_in_seconds: float


@dataclass(frozen=True)
class FilledTopic:
    """A topic with so many partitions; `changes` is how many are read of it."""

    bootstrap: str
    name: str
    partitions: int
    changes: int = 0

    def backlog(self) -> Backlog:
        """What it holds, in memory."""
        return asyncio.run(self._backlog())

    def thrown_away(self) -> float:
        """Read it from its beginning as a sink does, and look at nothing; the seconds that took."""
        return asyncio.run(self._thrown_away())

    async def _backlog(self) -> Backlog:
        values, bodies, times = list[bytes](), list[Rows](), set[int]()
        async with self.opened(_NOBODY) as reading:
            async for records in self._records(reading):
                values += [record.value for record in records]
                times |= {record.timestamp for record in records}
                while len(values) >= USUAL_LIMITS.rows:
                    bodies.append(_body(values[: USUAL_LIMITS.rows]))
                    del values[: USUAL_LIMITS.rows]
        if values:
            bodies.append(_body(values))
        return Backlog(bodies, (max(times) - min(times)) / 1000)

    async def _thrown_away(self) -> float:
        async with self.opened(_NOBODY) as reading:
            began = time.perf_counter()
            async for _ in self._records(reading):
                pass
            return time.perf_counter() - began

    @asynccontextmanager
    async def opened(self, group: str) -> AsyncIterator[AIOKafkaConsumer]:
        """A consumer as a sink has it, at the topic's beginning; its group has no other members and commits nothing."""
        async with consumer(KafkaAccess(self.bootstrap), group) as reading:
            places = [TopicPartition(self.name, number) for number in range(self.partitions)]
            reading.assign(places)
            await reading.seek_to_beginning(*places)
            yield reading

    async def _records(self, reading: AIOKafkaConsumer) -> AsyncIterator[list[ConsumerRecord]]:
        """All changes, as they are fetched."""
        missing, waited_since = self.changes, time.monotonic()
        while missing > 0:
            for records in (await reading.getmany(timeout_ms=_WAIT_MS, max_records=USUAL_LIMITS.rows)).values():
                missing, waited_since = missing - len(records), time.monotonic()
                yield records
            if time.monotonic() - waited_since > _PATIENCE_SECONDS:
                raise TimeoutError(f"{self.name} lacks {missing} changes")


def _body(values: Sequence[bytes]) -> Rows:
    return Rows(len(values), b"\n".join(values), ENVELOPE_FORMAT)
