"""`python -m cdc connect` on a real Kafka Connect: plan, apply, status, restart and delete; each can be repeated."""

import json
import os
from collections.abc import Callable

import httpx
import pytest
from clickhouse_connect.driver import Client
from typer.testing import CliRunner, Result

from cdc.bookkeeping.epochs import Epoch, record_epoch
from cdc.catalog.declared import service_catalog
from cdc.commands.app import app
from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.kafka.connect import Connect
from migrations import capture as capture_migration
from services.registry import service_named
from tests.pipeline.capture import Capture, file_ids, new_file
from tests.support.postgres import CreateDatabase
from tests.support.sql import run

Command = Callable[..., Result]
NAME = "huleedu-file"


def _command_on(capture: Capture, connect: Connect) -> Command:
    """Runs `python -m cdc connect …` on one captured service."""

    def command(*arguments: str, **variables: str) -> Result:
        environment = {
            "COLUMNS": "200",
            "HULEEDU_ENV_FILE": os.devnull,
            "CDC_CLICKHOUSE_URL": capture.clickhouse_url,
            f"CDC_{capture.catalog.service.upper()}_DATABASE_URL": capture.database.cdc_url,
            "CDC_CONNECT_URL": connect.url,
        }
        return CliRunner().invoke(app, ["connect", *arguments], env=environment | variables)

    return command


@pytest.fixture(name="command")
def _command(capture: Capture, connect: Connect) -> Command:
    """Runs `python -m cdc connect …` on the file service."""
    return _command_on(capture, connect)


@pytest.fixture(name="publishing")
def _publishing(
    service_database: CreateDatabase, clickhouse: Client, clickhouse_server: ClickHouse, connect: Connect
) -> Command:
    """Runs `python -m cdc connect …` on the spell checker, which answers in topics."""
    service, catalog = service_named("spell_checker"), service_catalog("spell_checker")
    database = service_database(service.name)
    capture_migration.upgrade(service, catalog, database.migrator_url)
    return _command_on(Capture(database, catalog, clickhouse_server.url, clickhouse), connect)


def test_a_plan_is_applied_and_then_there_is_nothing_to_do(command: Command, connect: Connect) -> None:
    planned = command("plan", "file")
    assert planned.exit_code == 1
    assert "huleedu-file: create" in planned.output
    assert "+ slot.name = huleedu_file_debezium" in planned.output
    applied = command("apply", "file", "--yes")
    assert applied.exit_code == 0, applied.output
    assert "huleedu-file: its task runs" in applied.output
    assert (again := command("plan", "file")).exit_code == 0, again.output
    assert again.output == "huleedu-file: nothing to do\n"
    assert command("apply", "file", "--yes").exit_code == 0
    kept = httpx.get(f"{connect.url}/connectors/{NAME}/config").text
    assert "test-cdc" not in kept + planned.output + applied.output
    [told] = map(json.loads, command("status", "file", "--json").output.splitlines())
    assert told == {"connector": NAME, "state": "RUNNING", "task": "RUNNING", "epoch": "1", "trouble": ""}
    assert command("restart", "file").exit_code == 0


def test_a_changed_key_is_shown_before_it_is_applied(command: Command) -> None:
    assert command("apply", "file", "--yes").exit_code == 0
    slower = {"CDC_HEARTBEAT_SECONDS": "9"}
    changed = command("plan", "file", **slower)
    assert changed.output == "huleedu-file: change\n  ~ heartbeat.interval.ms = 9000 (is 5000)\n"
    assert command("apply", "file", "--yes", **slower).exit_code == 0
    assert command("plan", "file", **slower).exit_code == 0


def test_a_new_epoch_is_told_apart_from_a_change_and_begins_anew(command: Command, capture: Capture) -> None:
    assert command("apply", "file", "--yes").exit_code == 0
    record_epoch(capture.clickhouse, "file", Epoch(2, 1, 1, "asked for"))
    assert "huleedu-file: change, and begin a new epoch" in command("plan", "file").output
    applied = command("apply", "file", "--yes")
    assert applied.exit_code == 0, applied.output
    assert command("plan", "file").exit_code == 0


def test_a_deleted_connector_is_gone_and_its_slot_is_named(command: Command, capture: Capture) -> None:
    assert command("apply", "file", "--yes").exit_code == 0
    deleted = command("delete", "file", "--yes")
    assert deleted.exit_code == 0, deleted.output
    assert "huleedu-file: deleted" in deleted.output
    assert "its slot stays" in deleted.output
    assert command("status", "file").exit_code == 1
    assert "huleedu-file: is not there" in command("delete", "file", "--yes").output
    slots = run(capture.database.superuser_dsn, "SELECT slot_name FROM pg_replication_slots WHERE NOT active")
    assert ("huleedu_file_debezium",) in slots


def test_a_slot_that_is_gone_fails_the_task_which_says_so(command: Command, capture: Capture) -> None:
    assert command("apply", "file", "--yes").exit_code == 0
    capture.write(new_file(file_ids(1)[0]))
    dsn = capture.database.superuser_dsn
    run(dsn, "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL")
    run(dsn, "SELECT pg_drop_replication_slot('huleedu_file_debezium')")
    restarted = command("restart", "file", "--timeout", "30")
    assert restarted.exit_code == 1
    assert "huleedu-file failed: " in restarted.output
    assert "no longer available on the server" in restarted.output
    assert command("status", "file").exit_code == 1


def test_every_command_is_about_both_connectors_of_a_service_that_publishes(publishing: Command) -> None:
    service, both = "spell_checker", ("huleedu-spell_checker", "huleedu-spell_checker-outbox")
    planned = publishing("plan", service)
    assert planned.exit_code == 1
    assert [line for line in planned.output.splitlines() if line[0] != " "] == [f"{each}: create" for each in both]
    run_lines = [f"{each}: its task runs" for each in both]
    applied = publishing("apply", service, "--yes")
    assert applied.exit_code == 0, applied.output
    assert applied.output.splitlines()[-2:] == run_lines
    assert publishing("plan", service).output.splitlines() == [f"{each}: nothing to do" for each in both]
    told = list(map(json.loads, publishing("status", service, "--json").output.splitlines()))
    assert [(each["connector"], each["task"], each["epoch"]) for each in told] == [
        (both[0], "RUNNING", "1"),
        (both[1], "RUNNING", None),
    ]
    assert publishing("restart", service).output.splitlines() == run_lines
    deleted = publishing("delete", service, "--yes")
    assert deleted.exit_code == 0, deleted.output
    assert [line for line in deleted.output.splitlines() if line.endswith("deleted")] == [
        f"{each}: deleted" for each in both
    ]
    assert publishing("status", service).exit_code == 1


def test_connect_that_is_away_is_said_in_a_line(command: Command) -> None:
    away = command("plan", "file", CDC_CONNECT_URL="http://127.0.0.1:9")
    assert away.exit_code == 1
    assert "Kafka Connect at http://127.0.0.1:9 does not answer" in away.output
