"""What a JVM makes of the jars' classes when it starts, kept: with it, broker and worker start in half the time.

Java writes such an archive when a program ends; so each program runs once, for nothing else. What an archive was not
made for, Java does not use.
"""

import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.children import Command, start_child, stop_child
from deploy.local.kafka.answering import broker_answers
from deploy.local.kafka.artifacts import Artifacts
from deploy.local.kafka.broker_command import MAIN as BROKER
from deploy.local.kafka.broker_command import Ports, broker_command, format_storage
from deploy.local.kafka.java import ARCHIVE_OPTION, class_archive, find_java
from deploy.local.kafka.worker_command import HEALTH, Worker, worker_command
from deploy.local.kafka.worker_command import MAIN as WORKER
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.ready import http_answers
from deploy.local.starting import wait_until_ready

WRITING_SECONDS = 120.0


def archived(artifacts: Artifacts) -> Artifacts:
    """The same, with archives of broker and worker; StartError if these can't run. Two who do it do the same."""
    broker, worker = (class_archive(main, artifacts.class_path, find_java()) for main in (BROKER, WORKER))
    if not (broker.exists() and worker.exists()):
        broker.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="huleedu-classes-") as directory:
            _run_both(artifacts, Path(directory), broker, worker)
    return artifacts


def _run_both(artifacts: Artifacts, directory: Path, broker: Path, worker: Path) -> None:
    ports, rest = Ports(free_port(), free_port()), free_port()
    format_storage(directory / "kafka", artifacts)
    kafka = broker_command(directory / "kafka", ports, artifacts, durable=False)
    settings = Worker(f"{LOOPBACK}:{ports.clients}", brief=True)
    connect = worker_command(directory / "connect", rest, settings, artifacts)
    with (
        _writing(kafka, broker, lambda: broker_answers(ports.clients), directory / "kafka.log"),
        _writing(connect, worker, http_answers(rest, HEALTH), directory / "connect.log"),
    ):
        pass


@contextmanager
def _writing(command: Command, archive: Path, ready: Callable[[], bool], log: Path) -> Iterator[None]:
    """Run `command` until it is left; what it needed of the classes is in `archive` then."""
    java, *words = (word for word in command.argv if not word.startswith(ARCHIVE_OPTION))
    with tempfile.TemporaryDirectory(prefix="unfinished-", dir=archive.parent) as unfinished:
        written = Path(unfinished) / archive.name
        argv = (java, f"-XX:ArchiveClassesAtExit={written}", *words)
        process = start_child(Command(argv, command.directory, command.environment), log)
        try:
            wait_until_ready(process, ready, archive.stem, log)
            yield
        finally:
            stop_child(process, (signal.SIGTERM,), WRITING_SECONDS)
        # A Java that can't write one need not be asked again.
        written.touch()
        written.replace(archive)
