"""What tests send to topics of a real Kafka, what came out of them, and how far a group of readers has come."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from deploy.local.kafka.broker import Kafka
from tests.support.waiting import eventually

Message = Mapping[str, Any]


def message(event_type: str, data: Message, **differing: Any) -> dict[str, Any]:
    """A message of anna's, as JSON has it."""
    usual = {
        "event_id": str(uuid4()),
        "event_type": event_type,
        "correlation_id": str(uuid4()),
        "occurred_at": datetime.now(UTC).isoformat(),
        "user_id": "anna",
        "data": data,
    }
    return usual | differing


@dataclass(frozen=True)
class Topics:
    """A producer and the administration of a broker."""

    bootstrap: str
    producer: AIOKafkaProducer
    admin: AIOKafkaAdminClient

    async def make(self, topic: str, partitions: int) -> None:
        await self.admin.create_topics([NewTopic(topic, partitions, 1)])
        # The answer comes before every broker knows of it.
        await eventually(lambda: self._is_there(topic))

    async def send(
        self,
        topic: str,
        value: bytes | Message,
        *,
        key: str | None = None,
        partition: int | None = None,
        headers: Iterable[tuple[str, bytes]] = (),
    ) -> int:
        """Its offset."""
        encoded = value if isinstance(value, bytes) else json.dumps(value).encode()
        sent = await self.producer.send_and_wait(
            topic, encoded, None if key is None else key.encode(), partition=partition, headers=list(headers)
        )
        return int(sent.offset)

    async def done(self, group: str, topic: str, count: int) -> None:
        """Return once the group has come past so many messages."""
        await eventually(lambda: self._is_past(group, topic, count))

    async def committed(self, group: str, topic: str) -> int:
        """How many messages of a topic that began with the test the group has come past."""
        try:
            offsets = await self.admin.list_consumer_group_offsets(group)
        except KafkaError:
            # The first group of a broker's life waits for the topic of their offsets.
            return 0
        return sum(max(0, each.offset) for place, each in offsets.items() if place.topic == topic)

    async def read(self, topic: str, count: int) -> list[Any]:
        """The first so many records of a topic, once they are there."""
        await eventually(lambda: self._is_there(topic))
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=self.bootstrap, auto_offset_reset="earliest", isolation_level="read_committed"
        )
        await consumer.start()
        try:
            return [await consumer.getone() for _ in range(count)]
        finally:
            await consumer.stop()

    async def members(self, group: str) -> int:
        """How many read in this group."""
        (answer,) = await self.admin.describe_consumer_groups([group])
        _, _, state, _, _, members, *_ = answer.groups[0]
        return len(members) if state == "Stable" else 0

    async def _is_there(self, topic: str) -> bool:
        return topic in await self.admin.list_topics()

    async def _is_past(self, group: str, topic: str, count: int) -> bool:
        return await self.committed(group, topic) >= count


@pytest.fixture(name="topics")
async def topics_fixture(kafka: Kafka) -> AsyncIterator[Topics]:
    """The topics of the run's broker, of which there are none yet."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    await admin.start()
    try:
        yield Topics(kafka.bootstrap, producer, admin)
    finally:
        await producer.stop()
        await admin.close()
