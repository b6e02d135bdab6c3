"""Kills, restarts and lost answers in mid-load: afterwards ClickHouse equals PostgreSQL, and shows nothing twice."""

import logging
import os
import random
import signal
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest
from clickhouse_connect.driver import Client

from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.declared import service_catalog
from cdc.clickhouse import client
from cdc.source.slot import BatchLimits
from deploy.local.clickhouse.starter import ClickHouse, running_clickhouse
from deploy.local.ports import free_port
from deploy.local.postgres import running_postgres
from migrations import capture as capture_migration
from migrations.clickhouse import upgrade
from services.kit.backoff import Backoff
from services.registry import service_named
from tests.pipeline.capture import Capture, file_ids, new_file, wait_until
from tests.pipeline.cdc_process import cdc_command, cdc_run
from tests.pipeline.cutting_proxy import cutting_proxy
from tests.pipeline.writers import Load
from tests.support.directories import server_directory
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceTemplates

# Servers are started again and again, and what was written meanwhile is caught up with.
pytestmark = [pytest.mark.timeout(400), pytest.mark.usefixtures("short_backoff")]
SMALL = BatchLimits(seconds=0.0, rows=20, bytes=32 << 20)
CATCH_UP_SECONDS = 60.0


def go_on_until_more_is_stored(capture: Capture, times: int = 3) -> None:
    """Wait until a few more commits were stored, so that the next blow falls within the load."""
    for _ in range(times):
        wait_until(partial(_is_past, capture, capture.stored_position()), "more to be stored", CATCH_UP_SECONDS)


def _is_past(capture: Capture, position: int) -> bool:
    return capture.stored_position() > position


def test_capture_killed_in_mid_load_begins_where_it_was_acknowledged(
    capture: Capture, seed: int, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    log = tmp_path / "cdc.log"
    Load(seed, transactions=4).write_all(capture)
    with Load(seed + 1).going_on(capture):
        for _ in range(3):
            with cdc_run(capture, log) as process:
                go_on_until_more_is_stored(capture)
                time.sleep(rng.uniform(0, 0.1))
                process.kill()
                process.wait()
    with cdc_run(capture, log) as process:
        capture.catch_up(CATCH_UP_SECONDS)
        capture.assert_whole()
        equal = cdc_command(capture, "verify", *(str(table) for table in capture.catalog.tables))
        assert (equal.returncode, equal.stdout.count(": equal, ")) == (0, 2), equal.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert "Traceback" not in log.read_text()


def test_capture_killed_within_a_transaction_takes_the_whole_of_it_again(capture: Capture, tmp_path: Path) -> None:
    log, rows = tmp_path / "cdc.log", 20_000
    with cdc_run(capture, log) as process:
        capture.catch_up(CATCH_UP_SECONDS)
        capture.write(
            "INSERT INTO files (file_id, batch_id, user_id, filename)"
            f" SELECT gen_random_uuid(), gen_random_uuid(), 'anna', 'one of many' FROM generate_series(1, {rows})"
        )
        wait_until(lambda: files_held(capture) > 0, "a part of the transaction to be stored", CATCH_UP_SECONDS)
        # The position of a part that is stored is reported a moment later, if at all.
        time.sleep(0.5)
        process.kill()
        process.wait()
    assert 0 < files_held(capture) < rows, "capture was not killed within the transaction"
    with cdc_run(capture, log, CDC_BATCH_ROWS="50000"):
        capture.catch_up(CATCH_UP_SECONDS)
        capture.assert_whole()
    assert files_held(capture) == rows


def files_held(capture: Capture) -> int:
    [(count,)] = capture.select("SELECT count() FROM file_store.files_history FINAL")
    return int(count)


def test_clickhouse_killed_in_mid_load_is_written_to_again(service_database: CreateDatabase, seed: int) -> None:
    port = free_port()
    database, catalog = service_database("file"), service_catalog("file")
    capture_migration.upgrade(database.service, catalog, database.migrator_url)
    with server_directory() as directory, ExitStack() as opened:
        with running_clickhouse(directory, port=port) as server, client(server.url) as first:
            upgrade(first, wanted_objects([catalog], durable=True))
            capture = Capture(database, catalog, server.url, first)
            opened.enter_context(capture.running(SMALL))
            opened.enter_context(Load(seed).going_on(capture))
            go_on_until_more_is_stored(capture)
            os.kill(server.pid, signal.SIGKILL)
        with running_clickhouse(directory, port=port) as server:
            go_on_until_more_is_stored(capture)
            os.kill(server.pid, signal.SIGKILL)
        with running_clickhouse(directory, port=port):
            go_on_until_more_is_stored(capture)
            opened.pop_all().close()
            with capture.running(SMALL):
                capture.catch_up(CATCH_UP_SECONDS)
                capture.assert_whole()


def test_postgresql_cut_off_in_mid_load_is_read_again(
    clickhouse: Client, clickhouse_server: ClickHouse, seed: int
) -> None:
    port = free_port()
    with server_directory() as directory, ExitStack() as opened:
        with running_postgres(directory, port=port) as server:
            database = ServiceTemplates(server).create("file")
            capture_migration.upgrade(service_named("file"), service_catalog("file"), database.migrator_url)
            restarted = Capture(database, service_catalog("file"), clickhouse_server.url, clickhouse)
            opened.enter_context(restarted.running(SMALL))
            restarted.catch_up()
            Load(seed, transactions=5).write_all(restarted)
            os.kill(server.pid, signal.SIGQUIT)
        with running_postgres(directory, port=port):
            Load(seed + 1, transactions=5).write_all(restarted)
            restarted.catch_up(CATCH_UP_SECONDS)
            restarted.assert_whole()
            opened.close()


def test_inserts_that_are_lost_or_left_unanswered_are_sent_again(capture: Capture, seed: int) -> None:
    with cutting_proxy(capture.clickhouse_url, seed, cut=0.25) as (proxy, url):
        with capture.through(url).running(SMALL):
            with Load(seed, writers=4).going_on(capture):
                wait_until(lambda: min(proxy.ends[end] for end in ("lost", "unanswered")) >= 5, "inserts to be cut")
            capture.catch_up(CATCH_UP_SECONDS)
        with capture.running(SMALL):
            capture.catch_up(CATCH_UP_SECONDS)
            capture.assert_whole()


def test_a_second_run_says_once_that_another_reads_the_slot_and_takes_over(
    capture: Capture, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried = Mock(return_value=0.1)
    with ExitStack() as second:
        with capture.streaming():
            caplog.clear()
            monkeypatch.setattr(Backoff, "next_delay", tried)
            second.enter_context(capture.running())
            wait_until(lambda: tried.call_count >= 3, "the second run to try three times")
        capture.write(new_file(file_ids(1)[0]))
        capture.catch_up()
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 1, said
    assert "file: another `cdc run` reads the slot" in said[0]
    assert "python -m deploy.local status" in said[0]
