"""A stream that cannot go on where it was begins a new epoch by itself, and closes the gap, whatever changed in it."""

import logging
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from clickhouse_connect.driver import Client
from typer.testing import CliRunner

from cdc.catalog import accounting_sql
from cdc.catalog.declared import service_catalog
from cdc.commands.app import app
from cdc.postgres import session
from cdc.source.epochs import ensure_epoch
from cdc.source.slot import SlotReader
from cdc.source.slot_setup import NotReadyError
from deploy.local.accounts import server_account
from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.ports import free_port
from deploy.local.postgres import SETTINGS, Postgres, running_postgres
from deploy.local.postgres_binaries import find_binaries
from migrations import capture as capture_migration
from services.registry import service_named
from tests.pipeline.capture import Capture, new_file, wait_until
from tests.pipeline.gap import (
    CHANGED,
    CREATED,
    DELETED,
    assert_closed,
    capture_before,
    drop_slot,
    epochs,
    is_lost_after_more_wal,
    operations,
    write_in_gap,
)
from tests.pipeline.writers import Load
from tests.support.directories import server_directory
from tests.support.service_database import ServiceTemplates

FIRST_START = (1, "first start")


def has_epochs(capture: Capture, count: int) -> bool:
    return len(epochs(capture)) == count


def assert_recovers(capture: Capture, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    """A new epoch begins for this reason, aloud, and closes the gap."""
    with capture.running():
        wait_until(lambda: len(epochs(capture)) > 1, "a new epoch")
        capture.catch_up()
        assert_closed(capture)
    first, (number, why) = epochs(capture)
    assert (first, number) == (FIRST_START, 2)
    assert reason in why
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert f"file: a new epoch begins, in which everything is copied anew: {why}" in said


def test_a_dropped_slot_is_made_anew_and_the_gap_is_closed(capture: Capture, caplog: pytest.LogCaptureFixture) -> None:
    capture_before(capture)
    drop_slot(capture)
    write_in_gap(capture)
    assert_recovers(capture, "the replication slot was gone", caplog)


def test_a_slot_that_is_lost_again_and_again_under_writers_leaves_no_key_wrong(capture: Capture) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    with capture.running():
        capture.catch_up()
    with Load(seed, writers=4).going_on(capture):
        for number in range(2, 4):
            drop_slot(capture)
            with capture.running():
                wait_until(partial(has_epochs, capture, number), "the next epoch")
                capture.catch_up()
    with capture.running():
        capture.catch_up()
        capture.assert_whole()


def test_what_was_stored_of_a_transaction_when_its_slot_was_lost_is_no_difference(capture: Capture) -> None:
    """A kill can leave its changes in history without its end, which a lost slot never sends again."""
    capture_before(capture)
    capture.clickhouse.command("TRUNCATE TABLE cdc.transactions")
    drop_slot(capture)
    with capture.running():
        wait_until(partial(has_epochs, capture, 2), "a new epoch")
        capture.catch_up()
        assert capture.differences() == []


def test_an_earlier_change_of_an_unknown_transaction_is_a_difference_in_any_epoch(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture_before(capture)
    monkeypatch.setattr(accounting_sql, "_CUT_OFF_SECONDS", 0)
    with capture.streaming():
        capture.write(new_file(CREATED))
        capture.catch_up()
    oldest = "commit_lsn = (SELECT min(commit_lsn) FROM cdc.transactions) SETTINGS mutations_sync = 2"
    capture.clickhouse.command(f"ALTER TABLE cdc.transactions DELETE WHERE {oldest}")
    drop_slot(capture)
    with capture.running():
        wait_until(partial(has_epochs, capture, 2), "a new epoch")
        capture.catch_up()
        found = capture.differences()
    assert len(found) == 3
    assert all("no transaction is known that made version" in each for each in found)


Service = Callable[[Postgres], Capture]


@pytest.fixture(name="service_of")
def _service_of(clickhouse: Client, clickhouse_server: ClickHouse) -> Service:
    """The file service's database in a server of the test's own, published."""

    def service_of(server: Postgres) -> Capture:
        database, catalog = ServiceTemplates(server).create("file"), service_catalog("file")
        capture_migration.upgrade(service_named("file"), catalog, database.migrator_url)
        return Capture(database, catalog, clickhouse_server.url, clickhouse)

    return service_of


@pytest.fixture(name="place")
def _place() -> Iterator[Path]:
    with server_directory() as directory:
        yield directory


def captured_on(place: Path, port: int, service_of: Service) -> Capture:
    with running_postgres(place, port=port) as server:
        capture = service_of(server)
        capture_before(capture)
    return capture


def test_a_slot_that_held_back_too_much_log_is_made_anew_and_the_gap_is_closed(
    place: Path, service_of: Service, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SETTINGS, "max_slot_wal_keep_size", "1MB")
    with running_postgres(place) as server:
        capture = service_of(server)
        capture_before(capture)
        write_in_gap(capture)
        wait_until(partial(is_lost_after_more_wal, capture), "the slot to be lost")
        assert_recovers(capture, "the replication slot was invalidated (wal_removed)", caplog)


def put_back(place: Path, copy: Path) -> None:
    shutil.rmtree(place / "data")
    owned_copy(copy, place / "data")


def owned_copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target)
    if account := server_account():
        for each in (target, *target.rglob("*")):
            shutil.chown(each, account.uid, account.gid)


def write_what_is_undone(capture: Capture) -> None:
    """Stream changes that the copy of the cluster has not: they are undone when it is put back."""
    with capture.streaming():
        # More log than a start writes.
        capture.write("SELECT pg_logical_emit_message(false, 'x', repeat('y', 9000000))")
        capture.write(new_file(CREATED, user_id="undone"))
        capture.catch_up()


def test_a_cluster_that_was_put_back_to_an_earlier_state_begins_a_new_epoch(place: Path, service_of: Service) -> None:
    port = free_port()
    capture = captured_on(place, port, service_of)
    owned_copy(place / "data", place / "earlier")
    with running_postgres(place, port=port):
        write_what_is_undone(capture)
    put_back(place, place / "earlier")
    with running_postgres(place, port=port), capture.running():
        wait_until(partial(has_epochs, capture, 2), "a new epoch")
        capture.catch_up()
        capture.assert_whole()
    assert "it was put back to an earlier state" in epochs(capture)[1][1]
    assert operations(capture)[CREATED] == [("c", "essay.txt"), ("d", "essay.txt")]


def test_a_cluster_that_was_put_back_and_written_to_since_begins_a_new_epoch(place: Path, service_of: Service) -> None:
    """Its position tells nothing any more; what its slot sends again does."""
    port = free_port()
    capture = captured_on(place, port, service_of)
    owned_copy(place / "data", place / "earlier")
    with running_postgres(place, port=port), capture.streaming():
        capture.write(new_file(CREATED, user_id="undone"))
        capture.catch_up()
    put_back(place, place / "earlier")
    with running_postgres(place, port=port):
        while capture.wal_position() < capture.stored_position() + 1_000_000:
            capture.write("SELECT pg_logical_emit_message(false, 'x', repeat('y', 1000000))")
        with capture.running():
            wait_until(partial(has_epochs, capture, 2), "a new epoch")
            capture.catch_up()
            capture.assert_whole()
    assert "PostgreSQL has not 1 transactions that ClickHouse holds" in epochs(capture)[1][1]
    assert operations(capture)[CREATED] == [("c", "essay.txt"), ("d", "essay.txt")]


def test_a_stream_that_sends_again_what_was_stored_begins_no_new_epoch(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill: more was stored than PostgreSQL was told."""
    with monkeypatch.context() as patch:
        patch.setattr(SlotReader, "_report", lambda *_: None)
        with capture.streaming():
            for key in (CHANGED, DELETED):
                capture.write(new_file(key))
                capture.catch_up()
    assert capture.confirmed_position() < capture.stored_position()
    with capture.streaming():
        capture.write(new_file(CREATED))
        capture.catch_up()
        capture.assert_whole()
    assert epochs(capture) == [FIRST_START]


def test_a_cluster_that_was_promoted_to_a_new_timeline_begins_a_new_epoch(
    place: Path, service_of: Service, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    capture = captured_on(place, port, service_of)
    promote_at_next_start(place / "data")
    with running_postgres(place, port=port):
        write_in_gap(capture)
        assert_recovers(capture, "PostgreSQL is on timeline 2 and was on 1", caplog)


def promote_at_next_start(data: Path) -> None:
    """As a restored backup is started: it replays what WAL there is, and goes on on a timeline of its own."""
    (data / "recovery.signal").touch()
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write("restore_command = 'false'\n")


def test_a_base_backup_that_was_restored_begins_a_new_epoch(
    place: Path, service_of: Service, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    with running_postgres(place, port=port) as server:
        capture = service_of(server)
        capture_before(capture)
        base_backup(server, place / "backup")
    put_back(place, place / "backup")
    with running_postgres(place, port=port):
        write_in_gap(capture)
        assert_recovers(capture, "the replication slot was gone", caplog)


def base_backup(server: Postgres, target: Path) -> None:
    program = find_binaries(server_account()) / "pg_basebackup"
    subprocess.run([program, "--dbname", server.dsn(), "--pgdata", target, "--checkpoint=fast"], check=True)


@contextmanager
def instead_of(capture: Capture, service_of: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Capture]:
    """Another cluster in which the same service is, as far as ClickHouse can tell."""
    with server_directory() as directory, running_postgres(directory) as server:
        other = service_of(server)
        monkeypatch.setenv("CDC_FILE_DATABASE_URL", other.database.cdc_url)
        monkeypatch.setenv("CDC_CLICKHOUSE_URL", capture.clickhouse_url)
        yield other


def recover(*options: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["recover", "file", *options], input=answer, env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_another_cluster_is_refused_until_somebody_says_that_it_is_the_right_one(
    capture: Capture, service_of: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    capture_before(capture)
    with instead_of(capture, service_of, monkeypatch) as other:
        write_in_gap(other)
        with other.running():
            wait_until(lambda: "run `python -m cdc recover file`" in caplog.text, "the refusal")
        assert epochs(other) == [FIRST_START]
        code, said = recover(answer="n\n")
        assert (code, len(epochs(other))) == (1, 1), said
        code, said = recover("--yes")
        assert (code, len(epochs(other))) == (0, 2), said
        with other.running():
            other.catch_up()
            other.assert_whole()


def test_of_two_that_set_capture_up_at_once_one_waits(capture: Capture) -> None:
    with session(capture.database.cdc_url) as first, session(capture.database.cdc_url) as second:
        ensure_epoch(first, capture.clickhouse, capture.catalog)
        with pytest.raises(NotReadyError, match="file: another process is setting capture up"):
            ensure_epoch(second, capture.clickhouse, capture.catalog)
    with session(capture.database.cdc_url) as third:
        assert ensure_epoch(third, capture.clickhouse, capture.catalog) == 1


def test_nobody_recovers_what_is_read_or_was_never_captured(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDC_FILE_DATABASE_URL", capture.database.cdc_url)
    monkeypatch.setenv("CDC_CLICKHOUSE_URL", capture.clickhouse_url)
    code, said = recover("--yes")
    assert (code, "there is nothing to recover" in said) == (1, True), said
    with capture.streaming():
        code, said = recover("--yes")
        assert (code, "stop it first" in said) == (1, True), said
    assert epochs(capture) == [FIRST_START]
