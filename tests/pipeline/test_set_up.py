"""What a start refuses: a database that is not ready, or not the one that was captured; nothing is copied then."""

import threading
from collections.abc import Callable
from contextlib import closing

import psycopg2
import pytest

from cdc.bookkeeping import Epoch, Snapshot, record_epoch, record_snapshot
from cdc.postgres import session
from cdc.source.slot_setup import NotReadyError, ensure_epoch, ensure_slot, require_published
from tests.pipeline.capture import Capture, file_ids, new_file, wait_until
from tests.support.sql import run

ONE, TWO = file_ids(2)
SLOT = "huleedu_file_slot"


def refusal(capture: Capture) -> str:
    """Why the pipeline would not start."""
    with pytest.raises(NotReadyError) as raised:
        set_up(capture)
    return str(raised.value)


def set_up(capture: Capture) -> None:
    with session(capture.database.cdc_url) as connection:
        require_published(connection, capture.catalog)
        epoch = ensure_epoch(connection, capture.clickhouse, "file")
        ensure_slot(connection, capture.clickhouse, "file", epoch)


def captured_once(capture: Capture) -> None:
    capture.write(new_file(ONE))
    with capture.streaming():
        pass


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DROP PUBLICATION huleedu_cdc", "lacks public.file_versions, public.files and has nothing too much"),
        ("ALTER PUBLICATION huleedu_cdc DROP TABLE files", "lacks public.files and has nothing too much"),
        (
            "CREATE TABLE other (id int PRIMARY KEY); ALTER PUBLICATION huleedu_cdc ADD TABLE other",
            "lacks nothing and has public.other too much",
        ),
        ("ALTER TABLE files REPLICA IDENTITY DEFAULT", "public.files without REPLICA IDENTITY FULL"),
        ("ALTER PUBLICATION huleedu_cdc SET (publish = 'insert')", "leaves out rows, columns or kinds of change"),
        (
            "ALTER PUBLICATION huleedu_cdc SET TABLE files WHERE (filename = ''), file_versions",
            "leaves out rows, columns or kinds of change",
        ),
    ],
)
def test_a_database_that_is_not_published_as_declared_is_refused(capture: Capture, statement: str, reason: str) -> None:
    capture.write(statement)
    refused = refusal(capture)
    assert reason in refused
    assert "run `python -m migrations upgrade`" in refused


def test_a_slot_that_is_gone_after_copies_were_made_is_refused(capture: Capture) -> None:
    captured_once(capture)
    wait_until(lambda: not slot_is_active(capture), "the slot to be free")
    run(capture.database.superuser_dsn, f"SELECT pg_drop_replication_slot('{SLOT}')")
    assert f"replication slot {SLOT} is gone though copies were begun" in refusal(capture)


def test_a_database_that_was_put_back_to_an_earlier_state_is_refused(capture: Capture) -> None:
    captured_once(capture)
    capture.clickhouse.command(
        "INSERT INTO cdc.progress (service, position, commit_time)"
        " SELECT service, position + 1000000000, commit_time FROM cdc.progress FINAL"
    )
    assert "it was put back to an earlier state" in refusal(capture)


def test_a_copy_that_was_cut_off_is_made_again(capture: Capture) -> None:
    captured_once(capture)
    capture.clickhouse.command("TRUNCATE TABLE file_store.files_history")
    capture.clickhouse.command("TRUNCATE TABLE file_store.files_latest")
    [(lsn,)] = capture.select("SELECT DISTINCT lsn FROM cdc.snapshots")
    capture.clickhouse.command("TRUNCATE TABLE cdc.snapshots")
    for name in ("files", "file_versions"):
        record_snapshot(capture.clickhouse, "file", Snapshot(name, epoch=1, lsn=lsn, rows=0, finished=False))
    with capture.running():
        capture.catch_up()
        capture.assert_whole()


def slot_is_active(capture: Capture) -> bool:
    return run(
        capture.database.superuser_dsn, f"SELECT active FROM pg_replication_slots WHERE slot_name = '{SLOT}'"
    ) == [(True,)]


@pytest.mark.parametrize(
    "other",
    [lambda epoch: Epoch(1, epoch.system_identifier + 1, 1), lambda epoch: Epoch(1, epoch.system_identifier, 2)],
)
def test_a_database_of_another_cluster_or_timeline_is_refused(
    capture: Capture, other: Callable[[Epoch], Epoch]
) -> None:
    identifier = run(capture.database.superuser_dsn, "SELECT system_identifier FROM pg_control_system()")[0][0]
    record_epoch(capture.clickhouse, "file", other(Epoch(1, int(str(identifier)), 1)), "another one")
    assert "it was restored, failed over or exchanged" in refusal(capture)


def test_a_pipeline_that_was_refused_starts_once_its_cause_is_mended(capture: Capture) -> None:
    capture.write(new_file(ONE), "ALTER PUBLICATION huleedu_cdc DROP TABLE files")
    with capture.running():
        capture.write("ALTER PUBLICATION huleedu_cdc ADD TABLE files")
        capture.catch_up()
        capture.assert_whole()


def test_a_column_that_the_catalog_does_not_know_stops_the_stream_before_its_rows(capture: Capture) -> None:
    with capture.streaming():
        capture.write("ALTER TABLE files ADD COLUMN colour text", new_file(ONE))
        capture.write("ALTER TABLE files DROP COLUMN colour", new_file(TWO))
        before = capture.wal_position()
        threading.Event().wait(0.5)
        assert capture.confirmed_position() < before
        assert capture.select("SELECT count() FROM file.files") == [(0,)]


def test_a_slot_that_postgresql_gave_up_is_refused(capture: Capture) -> None:
    captured_once(capture)
    wait_until(lambda: not slot_is_active(capture), "the slot to be free")
    superuser = capture.database.superuser_dsn
    run_outside_transaction(superuser, "ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'", "SELECT pg_reload_conf()")
    try:
        wait_until(lambda: is_lost_after_more_wal(superuser), "the slot to be lost")
        assert f"replication slot {SLOT} was invalidated (wal_removed): changes are missing" in refusal(capture)
    finally:
        run_outside_transaction(superuser, "ALTER SYSTEM RESET max_slot_wal_keep_size", "SELECT pg_reload_conf()")


def is_lost_after_more_wal(superuser: str) -> bool:
    run_outside_transaction(superuser, "SELECT pg_logical_emit_message(false, 'x', 'y')", "SELECT pg_switch_wal()")
    run_outside_transaction(superuser, "CHECKPOINT")
    return run(superuser, f"SELECT wal_status FROM pg_replication_slots WHERE slot_name = '{SLOT}'") == [("lost",)]


def run_outside_transaction(address: str, *statements: str) -> None:
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for statement in statements:
            cursor.execute(statement)
