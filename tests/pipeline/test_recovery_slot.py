"""A slot that is gone, or given up, begins a new epoch by itself, which closes the gap, whatever changed in it."""

import random
from functools import partial
from pathlib import Path

import pytest

from cdc.catalog import accounting_sql
from cdc.source.slot import SlotReader
from deploy.local.postgres import SETTINGS, running_postgres
from tests.pipeline.capture import Capture, new_file, wait_until
from tests.pipeline.clusters import Service
from tests.pipeline.gap import (
    CHANGED,
    CREATED,
    DELETED,
    FIRST_START,
    assert_recovers,
    capture_before,
    drop_slot,
    epochs,
    has_epochs,
    is_lost_after_more_wal,
    write_in_gap,
)
from tests.pipeline.writers import Load


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
        # A stream that is told to stop stores what it has read, and may have read a transaction in part.
        capture.assert_whole(lost_epochs=(1, 2))


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
    forget_transaction_of(capture, CHANGED)
    drop_slot(capture)
    with capture.running():
        wait_until(partial(has_epochs, capture, 2), "a new epoch")
        capture.catch_up()
        found = capture.differences()
    assert len(found) == 3
    assert all("no transaction is known that made version" in each for each in found)


def forget_transaction_of(capture: Capture, file_id: str) -> None:
    """Delete the transaction that made a file, the first of two, as if its end had never been stored."""
    named = f"SELECT _epoch, _commit_lsn FROM file.files_history WHERE file_id = '{file_id}'"
    [(epoch, lsn)] = capture.select(named)
    known = f"SELECT commit_lsn FROM cdc.transactions FINAL WHERE epoch = {epoch} ORDER BY commit_time"
    [first, second] = capture.select(known)
    assert first == (lsn,)
    forgotten = f"DELETE WHERE epoch = {epoch} AND commit_lsn = {lsn} SETTINGS mutations_sync = 2"
    capture.clickhouse.command(f"ALTER TABLE cdc.transactions {forgotten}")
    assert capture.select(known) == [second]


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
