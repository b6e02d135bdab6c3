"""What a worker of Kafka Connect needs before it starts: its settings, a place for secrets, and its command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.children import Command
from deploy.local.kafka.artifacts import Artifacts
from deploy.local.kafka.java import Program, java_command
from deploy.local.kafka.properties import properties
from deploy.local.ports import LOOPBACK

HEAP_MEGABYTES = 768
MAIN = "org.apache.kafka.connect.cli.ConnectDistributed"
SHARED_SETTINGS = Path(__file__).with_name("worker.properties")
# Answers 200 once the worker has read its group's topics; a worker that failed to start can go on answering 404.
HEALTH = "/health"


@dataclass(frozen=True)
class Worker:
    """How a worker is to run. `secrets` are variables of its environment, named CDC_<NAME>_DATABASE_PASSWORD.

    group: another one than worker.properties names; brief: for tests, it starts sooner and works more slowly.
    """

    bootstrap: str
    group: str | None = None
    exactly_once: bool = True
    brief: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def secrets_directory(directory: Path) -> Path:
    """Where a worker over `directory` finds secrets in files: a connector is given `${dir:<this directory>:<file>}`."""
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
        "listeners": f"http://{LOOPBACK}:{port}",
        "plugin.path": str(artifacts.plugins),
        "config.providers.dir.param.allowed.paths": str(secrets_directory(directory)),
        **(_of_group(worker.group) if worker.group else {}),
        **({} if worker.exactly_once else {"exactly.once.source.support": "disabled"}),
    }


def _of_group(group: str) -> dict[str, str]:
    kinds = {"config": "configs", "offset": "offsets", "status": "status"}
    return {"group.id": group} | {f"{kind}.storage.topic": f"_{group}_{name}" for kind, name in kinds.items()}
