"""The local Kafka: what it keeps, how it ends, and what it says when it can't start."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.kafka.broker import Kafka, running_kafka
from deploy.local.kafka.broker_command import Forwarded
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.starting import StartError
from tests.chaos.link import link_to
from tests.support.directories import server_directory
from tests.support.kafka import require_kafka


@pytest.fixture(name="directory")
def directory_fixture() -> Iterator[Path]:
    require_kafka()
    with server_directory() as place:
        yield place / "Åsa's topics"


async def create_topic(server: Kafka, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=server.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    await admin.close()


async def send(server: Kafka, topic: str, *values: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=server.bootstrap, acks="all") as producer:
        for value in values:
            await producer.send_and_wait(topic, value)


async def received(server: Kafka, topic: str, count: int, isolation: str = "read_committed") -> list[bytes]:
    """The first `count` messages of `topic`."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=server.bootstrap, auto_offset_reset="earliest", isolation_level=isolation
    )
    async with consumer:
        return [(await consumer.getone()).value for _ in range(count)]


async def test_what_was_acknowledged_survives_a_kill_and_a_start_on_another_port(directory: Path) -> None:
    with running_kafka(directory, durable=False) as server:
        await create_topic(server, "kept")
        await send(server, "kept", b"first", b"second")
        os.kill(server.pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(server.pid)], timeout=10)
    with running_kafka(directory, durable=False) as again:
        assert again.port != server.port
        assert await received(again, "kept", 2) == [b"first", b"second"]
        await send(again, "kept", b"third")
        assert await received(again, "kept", 3) == [b"first", b"second", b"third"]
    assert not psutil.pid_exists(again.pid)


async def told_ports(bootstrap: str) -> set[int]:
    """Where a client that comes by `bootstrap` is told to go."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return {broker["port"] for broker in (await admin.describe_cluster())["brokers"]}
    finally:
        await admin.close()


async def test_who_is_forwarded_is_told_to_come_by_the_same_way_and_nobody_else_is(directory: Path) -> None:
    listens = free_port()
    with (
        link_to(LOOPBACK, listens) as link,
        running_kafka(directory, durable=False, forwarded=Forwarded(listens, link.port)) as server,
    ):
        assert await told_ports(f"{LOOPBACK}:{link.port}") == {link.port}
        assert await told_ports(server.bootstrap) == {server.port}


async def test_a_committed_reader_sees_whole_transactions_alone(kafka: Kafka) -> None:
    await create_topic(kafka, "transactional")
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id="test")
    async with producer:
        await producer.begin_transaction()
        await producer.send_and_wait("transactional", b"taken back")
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send_and_wait("transactional", b"committed")
    assert await received(kafka, "transactional", 1) == [b"committed"]
    assert await received(kafka, "transactional", 2, "read_uncommitted") == [b"taken back", b"committed"]


def test_it_listens_on_the_loopback_alone(kafka_server: Kafka) -> None:
    listening = psutil.Process(kafka_server.pid).net_connections(kind="tcp")
    hosts = {each.laddr[0].removeprefix("::ffff:") for each in listening if each.status == psutil.CONN_LISTEN}
    assert hosts == {"127.0.0.1"}


def test_it_starts_from_the_archive_of_its_classes(kafka_server: Kafka) -> None:
    mapped = [Path(each.path) for each in psutil.Process(kafka_server.pid).memory_maps()]
    assert [path.name for path in mapped if path.match("classes/kafka.Kafka-*.jsa")]


def test_a_taken_port_is_named_with_who_has_it(directory: Path, kafka_server: Kafka) -> None:
    expected = rf"Kafka did not start: port {kafka_server.port} is taken by process {kafka_server.pid} \(java\)"
    with pytest.raises(StartError, match=expected), running_kafka(directory, port=kafka_server.port):
        pass


def test_the_broker_dies_with_the_process_that_started_it(directory: Path) -> None:
    code = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from deploy.local.kafka.broker import running_kafka
        with running_kafka(Path(sys.argv[1]), durable=False) as server:
            print(server.pid, flush=True)
            time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", code, str(directory)], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        server = psutil.Process(int(starter.stdout.readline()))
        starter.kill()
        assert not psutil.wait_procs([server], timeout=20)[1]
