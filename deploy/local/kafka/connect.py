"""Starts a real worker of Kafka Connect on the loopback as a child process, with Debezium's connector at hand.

Workers of one group share its connectors, wherever they run. A connector's secrets come from the worker's environment
or from files, by the providers that worker.properties names: its configuration, which everybody may read, has none.
"""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.children import Command, start_child, stop_child
from deploy.local.kafka.artifacts import Artifacts, resolved
from deploy.local.kafka.java import Program, java_command
from deploy.local.kafka.properties import properties
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.ready import http_answers
from deploy.local.starting import require_free_port, wait_until_ready

ENDINGS = (signal.SIGTERM,)
HEAP_MEGABYTES = 768
MAIN = "org.apache.kafka.connect.cli.ConnectDistributed"
GROUP = "huleedu-connect"
SHARED_SETTINGS = Path(__file__).with_name("worker.properties")
# Answers 200 once the worker has read its group's topics; a worker that failed to start can go on answering 404.
HEALTH = "/health"


@dataclass(frozen=True)
class Worker:
    """How a worker is to run. `secrets` are variables of its environment, named CDC_<NAME>_DATABASE_PASSWORD.

    brief: for tests: it starts sooner and works more slowly.
    """

    bootstrap: str
    group: str = GROUP
    exactly_once: bool = True
    brief: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


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


def secrets_directory(directory: Path) -> Path:
    """Where a worker over `directory` reads secrets from files: `${dir:<this>:<file>}` in a connector's configuration."""
    return directory / "secrets"


def worker_command(directory: Path, port: int, worker: Worker, artifacts: Artifacts) -> Command:
    """Starts a worker over `directory`, which holds its settings and secrets; its connectors are in Kafka."""
    secrets_directory(directory).mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = directory / "connect.properties"
    shared = SHARED_SETTINGS.read_text(encoding="utf-8")
    settings.write_text(shared + properties(_places(directory, port, worker, artifacts)), encoding="utf-8")
    program = Program(MAIN, (str(settings),), HEAP_MEGABYTES, brief=worker.brief)
    return java_command(program, artifacts.class_path, directory, worker.secrets)


def _places(directory: Path, port: int, worker: Worker, artifacts: Artifacts) -> dict[str, str]:
    return {
        "bootstrap.servers": worker.bootstrap,
        "group.id": worker.group,
        "config.storage.topic": f"_{worker.group}_configs",
        "offset.storage.topic": f"_{worker.group}_offsets",
        "status.storage.topic": f"_{worker.group}_status",
        "listeners": f"http://{LOOPBACK}:{port}",
        "plugin.path": str(artifacts.plugins),
        "exactly.once.source.support": "enabled" if worker.exactly_once else "disabled",
        "config.providers.dir.param.allowed.paths": str(secrets_directory(directory)),
    }


@contextmanager
def running_connect(directory: Path, worker: Worker, *, port: int | None = None) -> Iterator[Connect]:
    """A worker, stopped on leaving; dies with the calling thread.

    MissingBinariesError if it can't be had, StartError if it can't start.
    """
    artifacts, directory = resolved(), directory.resolve()
    port = port or free_port()
    require_free_port(port, "Kafka Connect")
    command, log = worker_command(directory, port, worker, artifacts), directory / "server.log"
    process = start_child(command, log)
    try:
        wait_until_ready(process, http_answers(port, HEALTH), f"Kafka Connect on port {port}", log)
        yield Connect(LOOPBACK, port, process.pid, secrets_directory(directory))
    finally:
        stop_child(process, ENDINGS)
