"""Starts a real Kafka on the loopback as a child process: one node, broker and controller at once.

Whoever reaches its port may read and write, so it listens on the loopback alone.
"""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.children import start_child, stop_child
from deploy.local.kafka.answering import broker_answers
from deploy.local.kafka.artifacts import resolved
from deploy.local.kafka.broker_command import AS_SHARED, Forwarded, Ports, broker_command, format_storage
from deploy.local.kafka.class_archives import archived
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.starting import require_free_port, wait_until_ready

ENDINGS = (signal.SIGTERM,)


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


@contextmanager
def running_kafka(
    directory: Path,
    *,
    port: int | None = None,
    durable: bool = True,
    forwarded: Forwarded | None = None,
    differing: Mapping[str, str] = AS_SHARED,
) -> Iterator[Kafka]:
    """A broker over `directory`, stopped on leaving; dies with the calling thread.

    forwarded: a second way in, which is told to those clients alone that come by it.

    MissingBinariesError if it can't be had, StartError if it can't start.
    """
    artifacts, directory = archived(resolved()), directory.resolve()
    ports = Ports(port or free_port(), free_port(), forwarded)
    require_free_port(ports.clients, "Kafka")
    command = broker_command(directory, ports, artifacts, durable=durable, differing=differing)
    log = directory / "server.log"
    format_storage(directory, artifacts)
    process = start_child(command, log)
    try:
        wait_until_ready(process, lambda: broker_answers(ports.clients), f"Kafka on port {ports.clients}", log)
        yield Kafka(LOOPBACK, ports.clients, process.pid)
    finally:
        stop_child(process, ENDINGS)
