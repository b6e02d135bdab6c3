"""Fixtures on a real Kafka and Kafka Connect: one broker and one worker a run, without anyone's things for each test."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.kafka.artifacts import require_parts, resolved
from deploy.local.kafka.broker import Kafka, running_kafka
from deploy.local.kafka.connect import Connect, Worker, running_connect
from deploy.local.postgres_binaries import MissingBinariesError
from services.registry import SERVICES
from tests.support.directories import server_directory
from tests.support.parts import require_part
from tests.support.service_database import PASSWORDS
from tests.support.waiting import eventually

SECRETS = {f"CDC_{service.name.upper()}_DATABASE_PASSWORD": PASSWORDS.cdc for service in SERVICES}


def require_kafka() -> None:
    """Go on where Kafka can be had; else skip, and fail where CI runs."""
    try:
        require_parts()
    except MissingBinariesError as missing:
        require_part("Kafka", present=False, how_to_get=str(missing))
    resolved()


@pytest.fixture(scope="session", name="kafka_server")
def kafka_server_fixture() -> Iterator[Kafka]:
    """The run's broker, with whatever other tests left in it."""
    require_kafka()
    with server_directory() as directory, running_kafka(directory, durable=False) as server:
        yield server


@pytest.fixture(name="kafka")
async def kafka_fixture(kafka_server: Kafka) -> AsyncIterator[Kafka]:
    """The run's broker, without topics but Connect's and the broker's own once the test is over."""
    yield kafka_server
    await delete_topics(kafka_server)


@pytest.fixture(scope="session", name="connect_server")
def connect_server_fixture(kafka_server: Kafka) -> Iterator[Connect]:
    """The run's worker; its environment has the password of each service's `_cdc` role."""
    worker = Worker(kafka_server.bootstrap, secrets=SECRETS, brief=True)
    with server_directory() as directory, running_connect(directory, worker) as server:
        yield server


@pytest.fixture(name="connect")
async def connect_fixture(connect_server: Connect, kafka: Kafka) -> AsyncIterator[Connect]:
    """The run's worker; after the test no connector, no offset of one and no topic is left."""
    yield connect_server
    await delete_connectors(connect_server)


async def delete_topics(server: Kafka) -> None:
    """Delete every topic that isn't the broker's own or Connect's."""
    admin = AIOKafkaAdminClient(bootstrap_servers=server.bootstrap)
    await admin.start()
    try:
        found = [topic for topic in await admin.list_topics() if not topic.startswith("_")]
        if found:
            await admin.delete_topics(found)
    finally:
        await admin.close()


async def delete_connectors(server: Connect) -> None:
    """Delete every connector, and how far it had come."""
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        for name in (await client.get("/connectors")).json():
            (await client.put(f"/connectors/{name}/stop")).raise_for_status()

            async def forgotten(connector: str = name) -> bool:
                # Refused as long as one of its tasks has not come to its end.
                return (await client.delete(f"/connectors/{connector}/offsets")).is_success

            await eventually(forgotten)
            (await client.delete(f"/connectors/{name}")).raise_for_status()
