"""A captured database as Debezium tells it: its connector, what Kafka then holds, and that stored as it stands."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from urllib.parse import unquote, urlsplit

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.structs import TopicPartition

from cdc.catalog.envelope_names import (
    ENVELOPE_FORMAT,
    ENVELOPE_INSERT_SETTINGS,
    ENVELOPE_MESSAGES,
    ENVELOPE_TRANSACTIONS,
)
from cdc.catalog.topics import message_topic, table_topics, topics, transaction_topic
from cdc.connect.apply import Patience, apply
from cdc.connect.configuration import Configuration, Database, Kafka, configuration, connector_name
from cdc.connect.difference import ConnectorPlan
from cdc.connect.rest import connect_client
from deploy.local.kafka.connect import Connect
from tests.pipeline.capture import Capture

MARK = "huleedu.test"
SOON = 60.0
_SETTLED_SECONDS = 1.0
_NUMBERS = count(1)
TEST_KAFKA = Kafka(partitions=3)


@dataclass(frozen=True)
class ThroughKafka:
    """One captured database and the parts that carry it."""

    capture: Capture
    connect: Connect
    bootstrap: str

    def configuration(self, epoch: int = 1) -> Configuration:
        at = urlsplit(self.capture.database.cdc_url)
        password = unquote(at.password or "")
        database = Database(at.hostname or "", at.port or 0, at.path[1:], unquote(at.username or ""), password)
        return configuration(self.capture.in_effect, database, epoch, TEST_KAFKA, heartbeat_seconds=0.2)

    @contextmanager
    def connected(self, epoch: int = 1) -> Iterator[None]:
        """The connector's task runs, and ends at the end."""
        name = connector_name(self.capture.catalog.service)
        with connect_client(self.connect.url) as client:
            plan = ConnectorPlan(self.capture.catalog.service, self.configuration(epoch), None)
            apply(client, plan, Patience(SOON, settled_seconds=0.5))
            yield
            client.stop(name)

    def told(self) -> dict[str, list[ConsumerRecord]]:
        """The records of each topic that holds any, those of what was committed before this call among them."""
        mark = f"{MARK}.{next(_NUMBERS)}"
        self.capture.write(f"SELECT pg_logical_emit_message(true, '{mark}', '')")
        return asyncio.run(_told(self.bootstrap, topics(self.capture.in_effect), f'{{"prefix":"{mark}"}}'.encode()))

    def store(self, told: dict[str, list[ConsumerRecord]]) -> None:
        """Insert every record as it stands, as a sink does."""
        service = self.capture.catalog.service
        tables = {topic: table.envelopes for topic, table in table_topics(self.capture.in_effect).items()}
        beside = {transaction_topic(service): ENVELOPE_TRANSACTIONS, message_topic(service): ENVELOPE_MESSAGES}
        for topic, records in told.items():
            self.insert((tables | beside)[topic], b"\n".join(record.value for record in records))

    def insert(self, table: str, envelopes: bytes) -> None:
        """Insert envelopes, one a line; ClickHouse's error where it refuses one."""
        self.capture.clickhouse.raw_insert(
            table, insert_block=envelopes, fmt=ENVELOPE_FORMAT, settings={**ENVELOPE_INSERT_SETTINGS, "async_insert": 0}
        )


async def _told(bootstrap: str, names: Sequence[str], mark: bytes) -> dict[str, list[ConsumerRecord]]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        return await _read(consumer, set(names), mark)
    finally:
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, names: set[str], mark: bytes) -> dict[str, list[ConsumerRecord]]:
    found, seen_at, deadline = defaultdict[str, list[ConsumerRecord]](list), 0.0, time.monotonic() + SOON
    # What one transaction of Kafka's wrote becomes readable in each partition by itself.
    while not seen_at or time.monotonic() < seen_at + _SETTLED_SECONDS:
        assert time.monotonic() < deadline, "the mark did not come through Kafka"
        await _assign(consumer, names)
        for records in (await consumer.getmany(timeout_ms=100)).values():
            for record in records:
                found[record.topic].append(record)
                seen_at = time.monotonic() if record.key == mark else seen_at
    return dict(found)


async def _assign(consumer: AIOKafkaConsumer, names: set[str]) -> None:
    """Read whatever topics are there by now, each from its beginning."""
    there = names & await consumer.topics()
    places = {TopicPartition(name, number) for name in there for number in consumer.partitions_for_topic(name) or set()}
    if places != consumer.assignment():
        kept = {place: await consumer.position(place) for place in consumer.assignment()}
        consumer.assign(list(places))
        for place in places:
            consumer.seek(place, kept.get(place, 0))
