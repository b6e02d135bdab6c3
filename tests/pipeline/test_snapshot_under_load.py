"""Snapshots beside writers with open transactions: no key is wrong; with the slot's position as version, some are."""

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from cdc.bookkeeping.copies import copies
from cdc.copies import snapshot
from cdc.copies.resnapshot import copy_anew
from cdc.copies.snapshot import SnapshotPoint
from cdc.postgres import lsn_number, rows
from tests.pipeline.capture import Capture, new_file, wait_until
from tests.pipeline.first_start import (
    FIRST,
    SECOND,
    UPDATED,
    open_transaction,
    start_beside_open_update,
    update_to_later,
)
from tests.pipeline.writers import Load
from tests.support.sql import run

ROUNDS = int(os.environ.get("HULEEDU_TEST_SNAPSHOT_ROUNDS", "3"))


def copy_again(capture: Capture, table: str) -> None:
    """What `python -m cdc resnapshot` does."""
    copy_anew(capture.table(table), capture.database.cdc_url, capture.clickhouse, print)


def point_of_the_slot(connection: Connection, _stopped: Callable[[], bool] = lambda: False) -> SnapshotPoint:
    """The wrong point: where the slot became consistent, though transactions may have been open there."""
    query = (
        "SELECT confirmed_flush_lsn, txid_current(), 0 FROM pg_replication_slots WHERE database = current_database()"
    )
    lsn, xid, time_us = rows(connection, query)[0]
    return SnapshotPoint(lsn_number(lsn), xid, time_us)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_no_key_is_wrong_after_copies_under_eight_writers(capture: Capture, number: int) -> None:
    seed = random.randrange(2**32)
    print(f"round {number}: seed {seed}")
    Load(seed + 1, transactions=5).write_all(capture)
    with Load(seed).going_on(capture), capture.streaming():
        for table in ("files", "file_versions", "files"):
            copy_again(capture, table)
        capture.catch_up()
    with capture.running():
        capture.catch_up()
        capture.assert_whole()
    finished = [copy.reason for copy in copies(capture.clickhouse, "file", 1) if copy.finished]
    assert sorted(finished) == ["asked for"] * 3 + ["first copy"] * 2


def is_copied(capture: Capture) -> bool:
    return any(copy.copied_to and copy.table == "files" for copy in copies(capture.clickhouse, "file", 1))


def is_waiting_to_copy(capture: Capture) -> bool:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_snapshot_xmin%'"
    return bool(run(capture.database.superuser_dsn, f"{waiting} AND pid != pg_backend_pid()"))


def test_a_copy_waits_for_a_transaction_that_was_open_and_has_what_it_wrote(capture: Capture) -> None:
    start_beside_open_update(capture, may_commit=lambda: is_waiting_to_copy(capture))
    with capture.running():
        capture.assert_whole()
    updated = f"SELECT _op, filename FROM file.files_history WHERE file_id = '{UPDATED}' ORDER BY _version"
    assert capture.select(updated) == [("u", "later"), ("r", "later")]


def test_a_change_made_while_a_copy_waits_is_newer_than_the_copy(capture: Capture) -> None:
    capture.write(*(new_file(key, "early") for key in (FIRST, SECOND)))
    with capture.streaming(), open_transaction(capture) as before, open_transaction(capture) as meanwhile:
        update_to_later(before, FIRST)
        with ThreadPoolExecutor(1) as threads:
            copying = threads.submit(copy_again, capture, "files")
            wait_until(lambda: is_waiting_to_copy(capture), "the copy to wait")
            update_to_later(meanwhile, SECOND)
            before.commit()
            copying.result()
        meanwhile.commit()
        capture.catch_up()
        capture.assert_whole()


def test_with_the_slots_own_position_as_version_an_update_is_lost(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "snapshot_point", point_of_the_slot)
    start_beside_open_update(capture, may_commit=lambda: is_copied(capture))
    with capture.running():
        found = capture.differences()
    between = f"file.files file_id={UPDATED}: PostgreSQL and ClickHouse"
    assert found == [f"{between}: filename is 'later' in PostgreSQL and 'early' in ClickHouse"]
