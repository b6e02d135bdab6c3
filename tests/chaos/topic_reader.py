"""Reads what groups have committed, and the records before that which were not read yet, past every link."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from cdc.kafka.offsets import Partition
from tests.chaos.offset_check import Told, fact

_LONGEST_SECONDS = 10.0
_REQUEST_MS = 5_000
_WAIT_MS = 200


class TopicReader:
    """Reads each record of a service's topics once, as soon as the service's group has committed an offset behind it.

    groups: the topics that each reads, by its name, and of which service they are.
    """

    def __init__(self, bootstrap: str, groups: Mapping[str, tuple[str, Sequence[str]]]) -> None:
        self._bootstrap, self._groups = bootstrap, groups
        self._read = dict[Partition, int]()

    def committed_now(self) -> tuple[dict[Partition, int], list[Told]]:
        """What is committed, and what lies before that and was not told yet; KafkaError or TimeoutError."""
        return asyncio.run(self._committed_now())

    def has_read(self, committed: Mapping[Partition, int]) -> None:
        """Take down that everything before these offsets was told, and held against what is stored."""
        for partition, offset in committed.items():
            self._read[partition] = max(offset, self._read.get(partition, 0))

    async def _committed_now(self) -> tuple[dict[Partition, int], list[Told]]:
        committed, told = dict[Partition, int](), list[Told]()
        async with asyncio.timeout(_LONGEST_SECONDS), self._opened() as (admin, reading):
            for group, (service, topics) in self._groups.items():
                found = await _committed(admin, group, topics)
                committed |= found
                told += await self._records(reading, service, found)
        return committed, told

    async def _records(
        self, reading: AIOKafkaConsumer, service: str, committed: Mapping[Partition, int]
    ) -> Sequence[Told]:
        """The records of a service's partitions from where it was read to what is committed."""
        due = {TopicPartition(*each): end for each, end in committed.items() if end > self._read.get(each, 0)}
        if not due:
            return []
        reading.assign(list(due))
        for partition in due:
            reading.seek(partition, self._read.get(Partition(*partition), 0))
        told = list[Told]()
        while pending := await _not_reached(reading, due):
            fetched = await reading.getmany(*pending, timeout_ms=_WAIT_MS)
            records = [(partition, record) for partition, some in fetched.items() for record in some]
            for partition, record in records:
                said = fact(service, record.value) if record.offset < due[partition] else None
                if said is not None:
                    told.append(Told(Partition(*partition), record.offset, said))
        return told

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[tuple[AIOKafkaAdminClient, AIOKafkaConsumer]]:
        """A short life for each connection: the broker comes and goes."""
        where = {"bootstrap_servers": self._bootstrap, "request_timeout_ms": _REQUEST_MS}
        admin = AIOKafkaAdminClient(**where)
        reading = AIOKafkaConsumer(isolation_level="read_committed", auto_offset_reset="none", **where)
        try:
            await admin.start()
            await reading.start()
            yield admin, reading
        finally:
            await reading.stop()
            await admin.close()


async def _committed(admin: AIOKafkaAdminClient, group: str, topics: Iterable[str]) -> dict[Partition, int]:
    found = await admin.list_consumer_group_offsets(group)
    return {
        Partition(*partition): said.offset
        for partition, said in found.items()
        if partition.topic in topics and said.offset >= 0
    }


async def _not_reached(reading: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> list[TopicPartition]:
    return [partition for partition, end in ends.items() if await reading.position(partition) < end]
