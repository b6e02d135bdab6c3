"""Starts a real worker of Kafka Connect on the loopback as a child process, with Debezium's connector at hand.

Workers of one group share its connectors, wherever they run. A connector's secrets come from the worker's environment
or from files, by the providers that worker.properties names: its configuration, which everybody may read, has none.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.children import start_child, stop_child
from deploy.local.kafka.artifacts import resolved
from deploy.local.kafka.class_archives import archived
from deploy.local.kafka.worker_command import HEALTH, Worker, secrets_directory, worker_command
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.ready import http_answers
from deploy.local.starting import require_free_port, wait_until_ready

ENDINGS = (signal.SIGTERM,)


@dataclass(frozen=True)
class Connect:
    """A running worker; its connectors may also read secrets from files in `secrets`."""

    host: str
    port: int
    pid: int
    secrets: Path

    @property
    def url(self) -> str:
        """Where its REST interface is."""
        return f"http://{self.host}:{self.port}"


@contextmanager
def running_connect(directory: Path, worker: Worker, *, port: int | None = None) -> Iterator[Connect]:
    """A worker, stopped on leaving; dies with the calling thread.

    MissingBinariesError if it can't be had, StartError if it can't start.
    """
    artifacts, directory = archived(resolved()), directory.resolve()
    port = port or free_port()
    require_free_port(port, "Kafka Connect")
    command, log = worker_command(directory, port, worker, artifacts), directory / "server.log"
    process = start_child(command, log)
    try:
        wait_until_ready(process, http_answers(port, HEALTH), f"Kafka Connect on port {port}", log)
        yield Connect(LOOPBACK, port, process.pid, secrets_directory(directory))
    finally:
        stop_child(process, ENDINGS)
