"""A gap in the stream: what is written while nobody keeps it, and what must be right once capture has recovered."""

import logging
from contextlib import closing

import psycopg2
import pytest

from tests.pipeline.capture import Capture, file_ids, new_file, wait_until
from tests.support.sql import run

CHANGED, DELETED, CREATED, UNTOUCHED = file_ids(4)
FIRST_START = (1, "first start")
SLOT = "huleedu_file_slot"
SLOT_IS_ACTIVE = f"SELECT active FROM pg_replication_slots WHERE slot_name = '{SLOT}'"


def capture_before(capture: Capture) -> None:
    """Stream three files, and stop; nobody reads the slot any more on return."""
    with capture.streaming():
        capture.write(*(new_file(key) for key in (CHANGED, DELETED, UNTOUCHED)))
        capture.catch_up()
    wait_until(lambda: (True,) not in run(capture.database.superuser_dsn, SLOT_IS_ACTIVE), "the slot to be free")


def drop_slot(capture: Capture) -> None:
    run(capture.database.superuser_dsn, f"SELECT pg_drop_replication_slot('{SLOT}')")


def write_in_gap(capture: Capture) -> None:
    """Change one file, delete one and create one."""
    # A cluster that is promoted answers before it takes writes.
    recovering = "SELECT pg_is_in_recovery()"
    wait_until(lambda: run(capture.database.superuser_dsn, recovering) == [(False,)], "PostgreSQL to take writes")
    capture.write(
        f"UPDATE files SET filename = 'changed' WHERE file_id = '{CHANGED}'",
        f"DELETE FROM files WHERE file_id = '{DELETED}'",
        new_file(CREATED),
    )


def assert_closed(capture: Capture) -> None:
    """All rows are as PostgreSQL has them, and history kept what it had and tells what was found."""
    capture.assert_whole()
    assert operations(capture) == {
        CHANGED: [("c", "essay.txt"), ("r", "changed")],
        DELETED: [("c", "essay.txt"), ("d", "essay.txt")],
        CREATED: [("r", "essay.txt")],
        UNTOUCHED: [("c", "essay.txt"), ("r", "essay.txt")],
    }


def operations(capture: Capture) -> dict[str, list[tuple[str, str]]]:
    """Each file's changes in order: op and file name."""
    found = capture.select("SELECT toString(file_id), _op, filename FROM file.files_history ORDER BY file_id, _version")
    changes: dict[str, list[tuple[str, str]]] = {}
    for key, op, filename in found:
        changes.setdefault(key, []).append((op, filename))
    return changes


def epochs(capture: Capture) -> list[tuple[int, str]]:
    """The epochs so far, with their reasons."""
    return capture.select("SELECT epoch, reason FROM cdc.epochs FINAL WHERE service = 'file' ORDER BY epoch")


def is_lost_after_more_wal(capture: Capture) -> bool:
    """Write some WAL; whether PostgreSQL has given the slot up by now."""
    superuser = capture.database.superuser_dsn
    outside_transaction(superuser, "SELECT pg_logical_emit_message(false, 'x', 'y')", "SELECT pg_switch_wal()")
    outside_transaction(superuser, "CHECKPOINT")
    return run(superuser, f"SELECT wal_status FROM pg_replication_slots WHERE slot_name = '{SLOT}'") == [("lost",)]


def outside_transaction(address: str, *statements: str) -> None:
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for statement in statements:
            cursor.execute(statement)


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
