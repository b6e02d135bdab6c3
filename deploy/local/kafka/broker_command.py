"""What a broker needs before it starts: its storage, its settings, and its command line."""

import base64
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from deploy.local.children import Command
from deploy.local.kafka.artifacts import Artifacts
from deploy.local.kafka.java import Program, java_command
from deploy.local.kafka.properties import properties
from deploy.local.ports import LOOPBACK
from deploy.local.starting import StartError

HEAP_MEGABYTES = 512
MAIN = "kafka.Kafka"
FORMAT_HEAP_MEGABYTES = 128
SHARED_SETTINGS = Path(__file__).with_name("broker.properties")
# For tests: what was acknowledged is in the system's memory, which survives the broker but not the machine.
AS_SHARED: Mapping[str, str] = MappingProxyType({})
VOLATILE_SETTINGS = {"log.flush.interval.messages": str((1 << 63) - 1)}


@dataclass(frozen=True)
class Forwarded:
    """A second way in, for clients that somebody forwards: where the broker listens, and what port it tells them.

    protocol: how they are let in there, by its name in Kafka; what it needs beside that are differing settings.
    """

    listens: int
    told: int
    protocol: str = "PLAINTEXT"


@dataclass(frozen=True)
class Ports:
    """Where clients come in, where the controller does, and where those do that are forwarded, if any are."""

    clients: int
    controller: int
    forwarded: Forwarded | None = None


def format_storage(directory: Path, artifacts: Artifacts) -> None:
    """Make the broker's data directory if it isn't there: whole or not at all. StartError if it can't be made."""
    data, unfinished = directory / "data", directory / "data.new"
    if data.exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
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


def broker_command(
    directory: Path,
    ports: Ports,
    artifacts: Artifacts,
    *,
    durable: bool = True,
    differing: Mapping[str, str] = AS_SHARED,
) -> Command:
    """Starts a broker over `directory`; `durable=False`, for tests, starts sooner and trusts the machine to run on.

    differing: settings in which it is unlike all others.
    """
    directory.mkdir(parents=True, exist_ok=True)
    settings = directory / "broker.properties"
    text = _settings(directory / "data", ports, durable=durable) + properties(differing)
    settings.write_text(text, encoding="utf-8")
    broker = Program(MAIN, (str(settings),), HEAP_MEGABYTES, brief=not durable)
    return java_command(broker, artifacts.class_path, directory, {})


def _settings(data: Path, ports: Ports, *, durable: bool) -> str:
    listens = {"PLAINTEXT": ports.clients, "CONTROLLER": ports.controller}
    told, protocols = {"PLAINTEXT": ports.clients}, dict.fromkeys(listens, "PLAINTEXT")
    if ports.forwarded is not None:
        listens["FORWARDED"], told["FORWARDED"] = ports.forwarded.listens, ports.forwarded.told
        protocols["FORWARDED"] = ports.forwarded.protocol
    places = {
        "log.dirs": str(data),
        "listeners": _listeners(listens),
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
        "advertised.listeners": _listeners(told),
        "controller.quorum.voters": f"1@{LOOPBACK}:{ports.controller}",
    }
    shared = SHARED_SETTINGS.read_text(encoding="utf-8")
    return shared + properties(places | ({} if durable else VOLATILE_SETTINGS))


def _listeners(ports: Mapping[str, int]) -> str:
    return ",".join(f"{name}://{LOOPBACK}:{port}" for name, port in ports.items())
