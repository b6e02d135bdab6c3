"""The local Kafka Connect: what it offers, where its connectors find secrets, and how it ends."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from aiokafka import AIOKafkaConsumer

from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect, running_connect
from deploy.local.kafka.worker_command import Worker
from deploy.local.starting import StartError
from tests.support.directories import server_directory
from tests.support.kafka import SECRETS, delete_connectors
from tests.support.postgres import CreateDatabase
from tests.support.service_database import PASSWORDS, ServiceDatabase
from tests.support.sql import run
from tests.support.waiting import eventually

DEBEZIUM = "io.debezium.connector.postgresql.PostgresConnector"
TABLE = ("CREATE TABLE notes (id int PRIMARY KEY, body text)", "CREATE PUBLICATION notes FOR TABLE notes")
MEGABYTE = 1 << 20


@pytest.fixture(name="directory")
def directory_fixture() -> Iterator[Path]:
    with server_directory() as place:
        yield place


@pytest.fixture(name="database")
def database_fixture(service_database: CreateDatabase) -> ServiceDatabase:
    """A database with a table that is published."""
    database = service_database("file", migrated=False)
    for statement in (*TABLE, "GRANT SELECT ON notes TO file_cdc"):
        run(database.superuser_dsn, statement)
    return database


def configuration(database: ServiceDatabase, password: str, **others: str) -> dict[str, str]:
    """A connector that reads the published table as the service's least role for capture."""
    place = httpx.URL(database.cdc_url)
    return {
        "connector.class": DEBEZIUM,
        "database.hostname": place.host,
        "database.port": str(place.port),
        "database.dbname": database.name,
        "database.user": database.service.cdc_role,
        "database.password": password,
        "topic.prefix": database.name,
        "slot.name": f"{database.name}_notes",
        "plugin.name": "pgoutput",
        "publication.name": "notes",
        "publication.autocreate.mode": "disabled",
        "snapshot.mode": "no_data",
        "poll.interval.ms": "50",
        "topic.creation.default.partitions": "1",
        "topic.creation.default.replication.factor": "1",
        "exactly.once.support": "required",
        **others,
    }


async def create(connect: Connect, settings: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(timeout=60) as client:
        return await client.put(f"{connect.url}/connectors/notes/config", json=settings)


async def await_running(connect: Connect) -> None:
    async with httpx.AsyncClient(timeout=60) as client:

        async def running() -> bool:
            answer = await client.get(f"{connect.url}/connectors/notes/status")
            tasks = answer.json().get("tasks", [])
            assert not [task["trace"] for task in tasks if task["state"] == "FAILED"]
            return bool(tasks) and all(task["state"] == "RUNNING" for task in tasks)

        await eventually(running)


async def captured(kafka: Kafka, database: ServiceDatabase, count: int) -> list[str]:
    """The bodies in the first `count` messages of the table's topic."""
    topic = f"{database.name}.public.notes"
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka.bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=32 * MEGABYTE,
    )
    async with consumer:
        return [json.loads((await consumer.getone()).value)["after"]["body"] for _ in range(count)]


def insert(database: ServiceDatabase, number: int, body: str) -> None:
    run(database.superuser_dsn, "INSERT INTO notes VALUES (%s, %s)", [number, body])


def test_debezium_is_at_hand(connect_server: Connect) -> None:
    plugins = httpx.get(f"{connect_server.url}/connector-plugins").json()
    assert {(plugin["class"], plugin["version"]) for plugin in plugins} == {(DEBEZIUM, "3.6.1.Final")}


async def test_a_secret_of_the_environment_lets_a_connector_in_and_is_nowhere_to_be_read(
    database: ServiceDatabase, connect: Connect, kafka: Kafka
) -> None:
    reference = "${env:CDC_FILE_DATABASE_PASSWORD}"
    assert (await create(connect, configuration(database, reference))).is_success
    await await_running(connect)
    insert(database, 1, "streamed")
    assert await captured(kafka, database, 1) == ["streamed"]
    async with httpx.AsyncClient() as client:
        shown = (await client.get(f"{connect.url}/connectors/notes")).text
    assert reference in shown
    assert PASSWORDS.cdc not in shown
    assert PASSWORDS.cdc not in " ".join(psutil.Process(connect.pid).cmdline())


async def test_a_secret_in_a_file_lets_a_connector_in_though_the_worker_started_before_it_was_written(
    database: ServiceDatabase, connect: Connect, kafka: Kafka
) -> None:
    (connect.secrets / "shop").write_text(PASSWORDS.cdc, encoding="utf-8")
    assert (await create(connect, configuration(database, f"${{dir:{connect.secrets}:shop}}"))).is_success
    await await_running(connect)
    insert(database, 1, "streamed")
    assert await captured(kafka, database, 1) == ["streamed"]
    (connect.secrets / "shop").unlink()


@pytest.mark.parametrize("reference", ["${env:PATH}", "${env:CDC_CLICKHOUSE_URL}", "${dir:/etc:hostname}"])
async def test_nothing_but_passwords_can_be_asked_for(
    database: ServiceDatabase, connect: Connect, reference: str
) -> None:
    answer = await create(connect, configuration(database, reference))
    assert not answer.is_success, answer.text


async def test_a_row_of_many_megabytes_goes_through(database: ServiceDatabase, connect: Connect, kafka: Kafka) -> None:
    assert (await create(connect, configuration(database, "${env:CDC_FILE_DATABASE_PASSWORD}"))).is_success
    await await_running(connect)
    body = "x" * (8 * MEGABYTE)
    insert(database, 1, body)
    assert await captured(kafka, database, 1) == [body]


@pytest.mark.timeout(240)
async def test_a_killed_worker_goes_on_where_it_was_with_nothing_lost_or_repeated(
    database: ServiceDatabase, kafka: Kafka, directory: Path
) -> None:
    worker = Worker(kafka.bootstrap, group="killed", secrets=SECRETS, brief=True)
    with running_connect(directory, worker) as first:
        assert (await create(first, configuration(database, "${env:CDC_FILE_DATABASE_PASSWORD}"))).is_success
        await await_running(first)
        insert(database, 1, "before")
        assert await captured(kafka, database, 1) == ["before"]
        os.kill(first.pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(first.pid)], timeout=10)
    insert(database, 2, "between")
    with running_connect(directory, worker) as second:
        await await_running(second)
        insert(database, 3, "after")
        assert await captured(kafka, database, 3) == ["before", "between", "after"]
        await delete_connectors(second)
    assert not psutil.pid_exists(second.pid)


@pytest.mark.timeout(240)
async def test_without_exactly_once_a_connector_that_needs_it_is_refused(
    database: ServiceDatabase, kafka: Kafka, directory: Path
) -> None:
    worker = Worker(kafka.bootstrap, group="at-least-once", exactly_once=False, secrets=SECRETS, brief=True)
    with running_connect(directory, worker) as connect:
        settings = configuration(database, "${env:CDC_FILE_DATABASE_PASSWORD}")
        assert not (await create(connect, settings)).is_success
        assert (await create(connect, settings | {"exactly.once.support": "requested"})).is_success
        await await_running(connect)
        await delete_connectors(connect)


def test_a_taken_port_is_named_with_who_has_it(directory: Path, connect_server: Connect, kafka_server: Kafka) -> None:
    expected = rf"Kafka Connect did not start: port {connect_server.port} is taken by process {connect_server.pid}"
    taken = running_connect(directory, Worker(kafka_server.bootstrap), port=connect_server.port)
    with pytest.raises(StartError, match=expected), taken:
        pass


def test_it_listens_on_the_loopback_alone(connect_server: Connect) -> None:
    listening = psutil.Process(connect_server.pid).net_connections(kind="tcp")
    hosts = {each.laddr[0].removeprefix("::ffff:") for each in listening if each.status == psutil.CONN_LISTEN}
    assert hosts == {"127.0.0.1"}
