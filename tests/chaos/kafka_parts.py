"""The parts that only the way through Kafka has: the broker, behind a link for all but the checker, and Connect."""

from dataclasses import dataclass
from pathlib import Path

from deploy.local.kafka.broker import running_kafka
from deploy.local.kafka.broker_command import Forwarded
from deploy.local.kafka.connect import running_connect
from deploy.local.kafka.worker_command import Worker
from deploy.local.ports import LOOPBACK, free_port
from tests.chaos.link import Link
from tests.chaos.parts import Part
from tests.support.kafka import SECRETS


@dataclass(frozen=True)
class Broker:
    """The broker's part, and where clients find it: by its link, and the checker past that."""

    part: Part
    linked: str
    direct: str


def broker(directory: Path, listens: int, link: Link) -> Broker:
    """A broker over `directory`; who comes by the link to where it listens is told to come by the link."""
    port, forwarded = free_port(), Forwarded(listens, link.port)
    # What it acknowledged is in the system's memory, which outlives a process that is killed.
    part = Part(lambda _: running_kafka(directory, port=port, durable=False, forwarded=forwarded))
    return Broker(part, f"{LOOPBACK}:{link.port}", f"{LOOPBACK}:{port}")


def connect_part(directory: Path, port: int, bootstrap: str) -> Part:
    """A worker of Connect over `directory`."""
    worker = Worker(bootstrap, secrets=SECRETS, brief=True)
    return Part(lambda _: running_connect(directory, worker, port=port))
