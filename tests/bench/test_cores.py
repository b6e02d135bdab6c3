"""Whose the cores were."""

import time

import pytest

from tests.bench.cores import OURSELVES, Cores, kind_of


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("/venv/bin/python -m deploy.local.clickhouse --port 1", "ClickHouse"),
        ("python -m cdc run file content", "capture"),
        ("java -cp x kafka.Kafka server.properties", "Kafka"),
        ("java org.apache.kafka.connect.cli.ConnectDistributed worker.properties", "Connect"),
        ("postgres: walsender postgres", "PostgreSQL"),
        ("sh -c true", OURSELVES),
    ],
)
def test_a_process_is_known_by_its_command_line(command: str, kind: str) -> None:
    assert kind_of(command) == kind


def test_what_this_process_spends_is_its_own() -> None:
    cores, until = Cores(), time.process_time() + 0.2
    while time.process_time() < until:
        pass
    assert 0.0 < cores.in_use()[OURSELVES] < 1.5
