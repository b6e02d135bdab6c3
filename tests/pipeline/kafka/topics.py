"""Topics of a service made by hand on a real broker, written as Debezium writes them: in Kafka's own transactions."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from cdc.kafka.consumer import onlooker
from cdc.kafka.stream import Group
from deploy.local.kafka.broker import Kafka
from services.kit.kafka.access import KafkaAccess

BUSY, QUIET, TRANSACTIONS = "busy", "quiet", "transaction"


@dataclass
class Topics:
    """A group's topics, whose names nobody else uses, and what writes into them."""

    access: KafkaAccess
    producer: AIOKafkaProducer
    run: str = field(default_factory=lambda: uuid4().hex[:8])
    lsn: int = 100

    def name(self, topic: str) -> str:
        return f"{self.run}.{topic}"

    @property
    def group(self) -> Group:
        partitions = {self.name(BUSY): 4, self.name(QUIET): 4, self.name(TRANSACTIONS): 1}
        return Group("by_hand", self.access, f"group-{self.run}", partitions, self.name(TRANSACTIONS))

    async def transaction(self, topic: str, *values: str, partition: int | None = None) -> int:
        """Changes and their END in one transaction of Kafka's; the LSN at which it commits."""
        self.lsn += 10
        async with self.producer.transaction():
            for value in values:
                key = value.encode()
                await self.producer.send(self.name(topic), value.encode(), key=key, partition=partition)
            await self.producer.send(self.name(TRANSACTIONS), end(self.lsn), key=b"1")
        return self.lsn

    async def abort(self, topic: str, *values: str) -> None:
        """Changes that are taken back."""
        await self.producer.begin_transaction()
        for value in values:
            await (await self.producer.send(self.name(topic), value.encode(), key=value.encode()))
        await self.producer.abort_transaction()


def end(lsn: int, epoch: int = 1) -> bytes:
    """The END of a transaction."""
    said = {"status": "END", "id": f"{lsn // 10}:{lsn}", "ts_ms": 1_700_000_000_000 + lsn, "epoch": epoch}
    return json.dumps(said, separators=(",", ":")).encode()


@asynccontextmanager
async def topics_on(server: Kafka, access: KafkaAccess | None = None) -> AsyncIterator[Topics]:
    """Empty topics: tables with several partitions, and the one of transactions; access: if not in the clear."""
    reached = access or KafkaAccess(server.bootstrap)
    producer = AIOKafkaProducer(**reached.arguments(), transactional_id=uuid4().hex, linger_ms=0)
    async with producer:
        made = Topics(reached, producer)
        async with onlooker(reached) as looking:
            await looking.make(made.group.topics, replicas=1)
        yield made
