"""A stack whose source is Kafka: what it adds, what it remembers, and how it comes back."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.local.source import Source
from deploy.local.stack import local_stack
from deploy.local.stack_environment import read_environment, write_environment
from deploy.local.state import StateDirectory, supervisor_pid
from services.registry import SERVICES
from tests.deploy.stack_command import Stack, eventually, stack_below
from tests.support.directories import server_directory
from tests.support.kafka import require_kafka

PATIENCE = 90.0
JVMS = ("kafka", "connect")


@pytest.fixture(name="stack")
def stack_fixture() -> Iterator[Stack]:
    require_kafka()
    with server_directory() as root, stack_below(root) as made:
        yield made
        if supervisor_pid(made.state) is not None:
            made("down", "--delete-data")


@pytest.mark.timeout(600)
def test_kafka_and_connect_run_come_back_when_killed_and_are_remembered(stack: Stack) -> None:
    stack.up(("--source", "kafka", "connect"))
    told = read_environment(stack.state.environment)
    assert told["CDC_SOURCE"] == "kafka"
    assert told["CDC_KAFKA_BOOTSTRAP"] == f"127.0.0.1:{stack.environment['HULEEDU_KAFKA_PORT']}"
    assert httpx.get(told["CDC_CONNECT_URL"]).json()["version"]
    before = {name: stack.part(name) for name in JVMS}
    for part in before.values():
        assert part.pid is not None
        os.kill(part.pid, signal.SIGKILL)
    eventually(
        lambda: stack.status().healthy and all(stack.part(name).pid not in {None, before[name].pid} for name in JVMS),
        PATIENCE,
    )
    other = stack("up", "--source", "slot")
    assert other.returncode == 1
    assert "its source is kafka, not slot: run `python -m deploy.local down` first" in other.stderr
    pids = [stack.part(name).pid for name in JVMS]
    assert "kafka: stopped" in stack("down").stdout
    assert not any(psutil.pid_exists(pid) for pid in pids if pid)
    stack.up(("kafka",))
    assert stack.part("kafka").address == told["CDC_KAFKA_BOOTSTRAP"]


def test_a_taken_port_of_the_controller_is_named_with_its_variable(stack: Stack) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        answer = stack("up", "--source", "kafka", "kafka", HULEEDU_KAFKA_CONTROLLER_PORT=str(port))
    assert answer.returncode == 1
    assert f"port {port}, which kafka needs, is taken by process {os.getpid()}" in answer.stderr
    assert "HULEEDU_KAFKA_CONTROLLER_PORT" in answer.stderr


def test_without_maven_or_java_one_line_says_what_to_install(stack: Stack, tmp_path: Path) -> None:
    answer = stack("up", "--source", "kafka", PATH=str(tmp_path), JAVA_HOME=str(tmp_path))
    assert answer.returncode != 0
    assert answer.stderr.startswith("no Java 17 or newer found")
    assert len(answer.stderr.splitlines()) == 1


def test_an_unknown_source_is_refused_with_the_known_ones(stack: Stack) -> None:
    answer = stack("up", "--source", "kafak")
    assert answer.returncode == 2
    assert "'slot'" in answer.stderr
    assert "'kafka'" in answer.stderr


def test_the_source_stays_until_another_is_named(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    assert write_environment(state)["CDC_SOURCE"] == "slot"
    assert write_environment(state, Source.KAFKA)["CDC_SOURCE"] == "kafka"
    assert write_environment(state)["CDC_CONNECT_URL"] == "http://127.0.0.1:18083"
    assert {name for name in write_environment(state, Source.SLOT) if "KAFKA" in name or "CONNECT" in name} == set()


def test_capture_begins_once_the_connectors_are_applied_and_they_once_all_is_migrated() -> None:
    require_kafka()
    with server_directory() as root:
        state = StateDirectory(root)
        parts = {part.name: part for part in local_stack(state, write_environment(state, Source.KAFKA))}
    assert parts["connectors"].command.argv[1:] == ("-m", "cdc", "connect", "apply", "--yes")
    assert parts["connectors"].after == ("switch",)
    assert parts["switch"].command.argv[1:] == ("-m", "cdc", "switch", "kafka")
    assert parts["switch"].after == ("migrations", "connect")
    assert parts["cdc"].after == ("connectors",)


def test_connect_is_given_every_connectors_password_and_no_other_secret() -> None:
    require_kafka()
    with server_directory() as root:
        state = StateDirectory(root)
        values = write_environment(state, Source.KAFKA)
        [connect] = [part for part in local_stack(state, values) if part.name == "connect"]
    expected = {
        f"CDC_{service.name.upper()}_DATABASE_PASSWORD": values[f"HULEEDU_{service.name.upper()}_CDC_PASSWORD"]
        for service in SERVICES
    }
    secrets = {value for name, value in values.items() if name.endswith("_PASSWORD")}
    given = {name: value for name, value in connect.command.environment.items() if value in secrets}
    assert given == expected
