"""Starts a real Kafka on the loopback as a child process: one node, broker and controller at once.

Whoever reaches its port may read and write: on the loopback of a machine that is shared with others it holds no secrets.
"""

import base64
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.children import Command, start_child, stop_child
from deploy.local.kafka.answering import broker_answers
from deploy.local.kafka.artifacts import Artifacts, resolved
from deploy.local.kafka.java import Program, java_command
from deploy.local.kafka.properties import properties
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.starting import StartError, require_free_port, wait_until_ready

ENDINGS = (signal.SIGTERM,)
HEAP_MEGABYTES = 512
FORMAT_HEAP_MEGABYTES = 128
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    # One broker has one copy of each topic, and a few partitions are enough for what it keeps for itself.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # A misspelt topic is an error, not a new topic.
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    # A message is a row, as large as it may be.
    "message.max.bytes": "33554432",
    # It would take 128 MB of the heap by itself.
    "log.cleaner.dedupe.buffer.size": "16777216",
}
# There is no second copy elsewhere: what is acknowledged must be on this disk.
DURABLE_SETTINGS = {"log.flush.interval.messages": "1"}


@dataclass(frozen=True)
class Ports:
    """Where clients come in, and where the controller does."""

    clients: int
    controller: int


@dataclass(frozen=True)
class Kafka:
    """A running broker."""

    host: str
    port: int
    pid: int

    @property
    def bootstrap(self) -> str:
        """Where clients find it."""
        return f"{self.host}:{self.port}"


def format_storage(directory: Path, artifacts: Artifacts) -> None:
    """Make the broker's data directory if it isn't there: whole or not at all. StartError if it can't be made."""
    data, unfinished = directory / "data", directory / "data.new"
    if data.exists():
        return
    shutil.rmtree(unfinished, ignore_errors=True)
    settings = directory / "format.properties"
    settings.write_text(_settings(unfinished, Ports(1, 2), durable=True), encoding="utf-8")
    words = ("format", f"--cluster-id={_new_cluster_id()}", f"--config={settings}")
    tool = Program("kafka.tools.StorageTool", words, FORMAT_HEAP_MEGABYTES, brief=True)
    command = java_command(tool, artifacts.class_path, directory, {})
    answer = subprocess.run(command.argv, cwd=directory, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise StartError(f"Kafka's storage in {data} could not be made:\n{answer.stdout}{answer.stderr}")
    settings.unlink()
    unfinished.rename(data)


def _new_cluster_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def broker_command(directory: Path, ports: Ports, artifacts: Artifacts, *, durable: bool = True) -> Command:
    """Starts a broker over `directory`; `durable=False`, for tests, starts sooner and forgets in a crash of the machine."""
    directory.mkdir(parents=True, exist_ok=True)
    settings = directory / "broker.properties"
    settings.write_text(_settings(directory / "data", ports, durable=durable), encoding="utf-8")
    broker = Program("kafka.Kafka", (str(settings),), HEAP_MEGABYTES, brief=not durable)
    return java_command(broker, artifacts.class_path, directory, {})


def _settings(data: Path, ports: Ports, *, durable: bool) -> str:
    clients, controller = f"{LOOPBACK}:{ports.clients}", f"{LOOPBACK}:{ports.controller}"
    places = {
        "log.dirs": str(data),
        "listeners": f"PLAINTEXT://{clients},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{clients}",
        "controller.quorum.voters": f"1@{controller}",
    }
    return properties(SETTINGS | (DURABLE_SETTINGS if durable else {}) | places)


@contextmanager
def running_kafka(directory: Path, *, port: int | None = None, durable: bool = True) -> Iterator[Kafka]:
    """A broker over `directory`, stopped on leaving; dies with the calling thread.

    MissingBinariesError if it can't be had, StartError if it can't start.
    """
    artifacts, directory = resolved(), directory.resolve()
    ports = Ports(port or free_port(), free_port())
    require_free_port(ports.clients, "Kafka")
    command, log = broker_command(directory, ports, artifacts, durable=durable), directory / "server.log"
    format_storage(directory, artifacts)
    process = start_child(command, log)
    try:
        wait_until_ready(process, lambda: broker_answers(ports.clients), f"Kafka on port {ports.clients}", log)
        yield Kafka(LOOPBACK, ports.clients, process.pid)
    finally:
        stop_child(process, ENDINGS)
