"""Kafka and Kafka Connect beside a measurement's other parts, and connectors that read the workload's slots."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg2.extensions import parse_dsn

from cdc.catalog.model import ServiceCatalog
from cdc.catalog.topics import table_topics
from cdc.connect.apply import Patience, apply, delete
from cdc.connect.configuration import Configuration, Database, Kafka, configuration, connector_name
from cdc.connect.difference import ConnectorPlan
from cdc.connect.rest import connect_client
from cdc.kafka.consumer import onlooker
from cdc.kafka.pipeline import KafkaPlace
from cdc.kafka.stream import Group
from deploy.local.kafka.broker import running_kafka
from deploy.local.kafka.connect import running_connect
from deploy.local.kafka.worker_command import Worker
from services.kit.kafka.access import KafkaAccess
from tests.bench.filled_topic import FilledTopic
from tests.bench.parts import Parts

EPOCH = 1
_HEARTBEAT_SECONDS = 1.0
_PATIENCE = Patience(seconds=120.0)
# Sinks that begin together share a topic from the first record on.
_FIRST_MEMBERS_WAIT = {"group.initial.rebalance.delay.ms": "3000"}


@dataclass(frozen=True)
class KafkaParts:
    """A broker and a worker as they are deployed: what is acknowledged is on disk, each change comes once."""

    bootstrap: str
    connect_url: str


@contextmanager
def kafka_beside(parts: Parts) -> Iterator[KafkaParts]:
    """Started here, stopped at the end."""
    with (
        running_kafka(parts.directory / "kafka", differing=_FIRST_MEMBERS_WAIT) as kafka,
        running_connect(parts.directory / "connect", Worker(kafka.bootstrap)) as connect,
    ):
        yield KafkaParts(kafka.bootstrap, connect.url)


@contextmanager
def connector_running(kafka: KafkaParts, dsn: str, catalog: ServiceCatalog) -> Iterator[None]:
    """The connector's task runs; it is gone at the end, and its topics stay. A sink would make them, as here."""
    name = connector_name(catalog.service)
    asyncio.run(_make_topics(place_in(kafka, name).group(catalog)))
    with connect_client(kafka.connect_url) as client:
        apply(client, ConnectorPlan(name, _configuration(dsn, catalog), None), _PATIENCE)
        try:
            yield
        finally:
            delete(client, name, _PATIENCE)


def place_in(kafka: KafkaParts, group: str) -> KafkaPlace:
    """Where sinks of a group read."""
    return KafkaPlace(KafkaAccess(kafka.bootstrap), group)


def topic_of(kafka: KafkaParts, catalog: ServiceCatalog, changes: int = 0) -> FilledTopic:
    """The topic of the workload's one table, of which so many changes are to be read."""
    [topic] = table_topics(catalog)
    return FilledTopic(kafka.bootstrap, topic, Kafka().partitions, changes)


async def _make_topics(group: Group) -> None:
    async with onlooker(group.access) as looking:
        await looking.make(group.topics, group.replicas)


def _configuration(dsn: str, catalog: ServiceCatalog) -> Configuration:
    said = parse_dsn(dsn)
    database = Database(said["host"], int(said["port"]), said["dbname"], said["user"], said["password"])
    return configuration(catalog, database, EPOCH, Kafka(), _HEARTBEAT_SECONDS)
