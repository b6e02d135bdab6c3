"""A captured database as Debezium tells it: its connector, what Kafka then holds, and that stored as it stands."""

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from cdc.catalog.envelope_names import (
    ENVELOPE_FORMAT,
    ENVELOPE_INSERT_SETTINGS,
    ENVELOPE_MESSAGES,
    ENVELOPE_TRANSACTIONS,
)
from cdc.catalog.envelope_sql import envelopes_of
from cdc.catalog.topics import message_topic, table_topics, topic_prefix, transaction_topic
from cdc.connect.apply import Patience, apply
from cdc.connect.configuration import Configuration, Kafka, connector_name
from cdc.connect.difference import ConnectorPlan
from cdc.connect.rest import connect_client
from deploy.local.kafka.connect import Connect
from tests.pipeline.capture import Capture
from tests.pipeline.kafka.captured import connector_configuration

MARK = "huleedu.test"
SOON = 240.0
_SETTLED_SECONDS = 3.0
_NUMBERS = count(1)
TEST_KAFKA = Kafka(partitions=3)


@dataclass(frozen=True)
class ThroughKafka:
    """One captured database and the parts that carry it."""

    capture: Capture
    connect: Connect
    bootstrap: str

    def configuration(self, epoch: int = 1) -> Configuration:
        return connector_configuration(self.capture, epoch, 0.2, TEST_KAFKA)

    @contextmanager
    def connected(self, epoch: int = 1) -> Iterator[None]:
        """The connector's task runs, and ends at the end."""
        name = connector_name(self.capture.catalog.service)
        with connect_client(self.connect.url) as client:
            plan = ConnectorPlan(name, self.configuration(epoch), None)
            apply(client, plan, Patience(SOON, settled_seconds=0.5))
            yield
            client.stop(name)

    def told(self) -> dict[str, list[ConsumerRecord]]:
        """The records of each topic that holds any, those of what was committed before this call among them."""
        mark = f"{MARK}.{next(_NUMBERS)}"
        self.capture.write(f"SELECT pg_logical_emit_message(true, '{mark}', '')")
        return asyncio.run(_told(self.bootstrap, self.capture.catalog.service, f'{{"prefix":"{mark}"}}'.encode()))

    def store(self, told: dict[str, list[ConsumerRecord]]) -> None:
        """Insert every record as it stands, as a sink does."""
        service = self.capture.catalog.service
        tables = {topic: envelopes_of(table) for topic, table in table_topics(self.capture.in_effect).items()}
        beside = {transaction_topic(service): ENVELOPE_TRANSACTIONS, message_topic(service): ENVELOPE_MESSAGES}
        for topic, records in told.items():
            self.insert((tables | beside)[topic], b"\n".join(record.value for record in records))

    def insert(self, table: str, envelopes: bytes) -> None:
        """Insert envelopes, one a line; ClickHouse's error where it refuses one."""
        self.capture.clickhouse.raw_insert(
            table, insert_block=envelopes, fmt=ENVELOPE_FORMAT, settings={**ENVELOPE_INSERT_SETTINGS, "async_insert": 0}
        )


async def _told(bootstrap: str, service: str, mark: bytes) -> dict[str, list[ConsumerRecord]]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        # Topics are made while they are read.
        metadata_max_age_ms=500,
    )
    consumer.subscribe(pattern=f"^{re.escape(topic_prefix(service))}[.].*")
    await consumer.start()
    try:
        async with asyncio.timeout(SOON):
            found = await _read(consumer, mark)
    finally:
        await consumer.stop()
    told = defaultdict[str, list[ConsumerRecord]](list)
    for place in sorted(found):
        told[place[0]].append(found[place])
    return dict(told)


async def _read(consumer: AIOKafkaConsumer, mark: bytes) -> dict[tuple[str, int, int], ConsumerRecord]:
    """Each record by its place: a new topic makes a consumer without a group begin anew."""
    found, settled_at = dict[tuple[str, int, int], ConsumerRecord](), None
    # What one transaction of Kafka's wrote becomes readable in each partition by itself.
    while settled_at is None or time.monotonic() < settled_at:
        for records in (await consumer.getmany(timeout_ms=100)).values():
            for record in records:
                found[record.topic, record.partition, record.offset] = record
                if record.key == mark:
                    settled_at = time.monotonic() + _SETTLED_SECONDS
    return found
