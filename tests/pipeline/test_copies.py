"""A copy tells exactly what is gone, whatever happens meanwhile and wherever it is cut off."""

import importlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.exceptions import OperationalError

from cdc.batch import Rows
from cdc.bookkeeping.copies import newest_copies
from cdc.catalog.model import CapturedTable
from cdc.catalog.tombstone_sql import insert_tombstones
from cdc.copies import snapshot
from cdc.copies.resnapshot import copy_anew
from cdc.postgres import Connection
from cdc.storing.sink import Sink
from cdc.verify.caught_up import NotCaughtUpError
from tests.pipeline.capture import Capture, new_file, wait_until
from tests.pipeline.cdc_process import cdc_run
from tests.pipeline.gap import (
    CHANGED,
    CREATED,
    DELETED,
    UNTOUCHED,
    assert_closed,
    capture_before,
    drop_slot,
    epochs,
    operations,
    write_in_gap,
)
from tests.pipeline.watched_store import WatchedStore

Step = Callable[..., Any]


class CutOffError(RuntimeError):
    """What a test raises in place of a kill."""


def cut_off_before(step: Step) -> Step:
    def cut_off(*_arguments: object, **_named: object) -> None:
        raise CutOffError(step.__qualname__)

    return cut_off


def cut_off_after(step: Step) -> Step:
    def cut_off(*arguments: object, **named: object) -> None:
        step(*arguments, **named)
        raise CutOffError(step.__qualname__)

    return cut_off


STEPS = [
    ("cdc.copies.copier.take_snapshot", cut_off_before),
    ("cdc.copies.snapshot.record_copy", cut_off_after),
    ("cdc.copies.snapshot.copy_table", cut_off_after),
    ("cdc.copies.copier.record_copy", cut_off_after),
    ("cdc.copies.copier.delete_what_is_gone", cut_off_before),
    ("cdc.copies.tombstones._record_transaction", cut_off_after),
    ("cdc.copies.copier.delete_what_is_gone", cut_off_after),
]


@pytest.mark.parametrize(("name", "cut_off"), STEPS, ids=[f"{cut.__name__} {name}" for name, cut in STEPS])
def test_a_copy_that_was_cut_off_at_any_step_goes_on_and_closes_the_gap(
    capture: Capture, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, cut_off: Step
) -> None:
    capture_before(capture)
    drop_slot(capture)
    write_in_gap(capture)
    module, _, attribute = name.rpartition(".")
    step = getattr(importlib.import_module(module), attribute)
    with monkeypatch.context() as patch:
        patch.setattr(name, cut_off(step))
        with capture.running():
            wait_until(lambda: "copying failed, trying again" in caplog.text, "the copy to be cut off")
            with pytest.raises(NotCaughtUpError, match=r"file\.files: its copy is not finished: .*new epoch"):
                capture.differences(seconds=0.1)
    with capture.running():
        capture.catch_up()
        capture.assert_whole()
    assert operations(capture)[DELETED] == [("c", "essay.txt"), ("d", "essay.txt")]
    assert operations(capture)[CHANGED][-1] == ("r", "changed")
    assert gone(capture, "files") == 1


def gone(capture: Capture, table: str) -> int:
    epoch = capture.epoch()
    assert epoch is not None
    return newest_copies(capture.clickhouse, "file", epoch.number)[table].deleted


def test_capture_that_was_killed_while_it_copied_goes_on_and_closes_the_gap(capture: Capture, tmp_path: Path) -> None:
    capture_before(capture)
    drop_slot(capture)
    write_in_gap(capture)
    log = tmp_path / "cdc.log"
    for stage in ("wanted", "begun", "copied"):
        with cdc_run(capture, log) as process:
            wait_until(lambda: len(epochs(capture)) == 2, "a new epoch")
            wait_until(partial(has_come_to, capture, stage), f"a copy to be {stage}")
            process.kill()
            process.wait()
    with cdc_run(capture, log):
        capture.catch_up()
        capture.assert_whole()
    assert operations(capture)[DELETED] == [("c", "essay.txt"), ("d", "essay.txt")]


def has_come_to(capture: Capture, stage: str) -> bool:
    condition = {"wanted": "true", "begun": "xid > 0", "copied": "copied_to > 0"}[stage]
    return bool(capture.select(f"SELECT 1 FROM cdc.snapshots WHERE epoch = 2 AND {condition}"))


def test_a_key_that_is_deleted_before_it_is_copied_has_one_deletion_its_own(
    capture: Capture, monkeypatch: pytest.MonkeyPatch, watched: WatchedStore
) -> None:
    capture_before(capture)
    drop_slot(capture)
    write_in_gap(capture)
    # The stream is late: what is gone must not be told before it has come.
    watched.seconds = 0.5
    copy_table = snapshot.copy_table

    def write_first(connection: Connection, table: CapturedTable, *rest: Any, **named: Any) -> int:
        if table.name == "files":
            capture.write(f"DELETE FROM files WHERE file_id = '{CHANGED}'")
        copied = copy_table(connection, table, *rest, **named)
        if table.name == "files":
            capture.write(f"DELETE FROM files WHERE file_id = '{UNTOUCHED}'", new_file(DELETED, "again.txt"))
        return copied

    monkeypatch.setattr("cdc.copies.snapshot.copy_table", write_first)
    with capture.running():
        capture.catch_up()
        capture.assert_whole()
    assert operations(capture) == {
        CHANGED: [("c", "essay.txt"), ("d", "changed")],
        # It was gone before it came again.
        DELETED: [("c", "essay.txt"), ("d", "essay.txt"), ("c", "again.txt")],
        CREATED: [("r", "essay.txt")],
        UNTOUCHED: [("c", "essay.txt"), ("r", "essay.txt"), ("d", "essay.txt")],
    }
    assert gone(capture, "files") == 1


def test_what_comes_between_the_count_of_tombstones_and_themselves_changes_neither(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture_before(capture)
    drop_slot(capture)
    write_in_gap(capture)

    def write_first(*arguments: Any) -> str:
        capture.write(new_file(DELETED, "again.txt"), f"UPDATE files SET filename = 'new' WHERE file_id = '{DELETED}'")
        wanted = capture.wal_position()
        wait_until(lambda: capture.stored_position() >= wanted, "what was written to be stored")
        return insert_tombstones(*arguments)

    monkeypatch.setattr("cdc.copies.tombstones.insert_tombstones", write_first)
    with capture.running():
        capture.catch_up()
        capture.assert_whole()
    assert operations(capture)[DELETED] == [("c", "essay.txt"), ("d", "essay.txt"), ("c", "again.txt"), ("u", "new")]


def test_a_tombstone_says_by_whom_and_why_as_any_change_does(capture: Capture) -> None:
    capture_before(capture)
    drop_slot(capture)
    write_in_gap(capture)
    with capture.running():
        capture.catch_up()
        assert_closed(capture)
    found = capture.select("SELECT _reason, _transaction_changes FROM file.files_history WHERE _op = 'd'")
    assert found == [("not found by a copy: new epoch: the replication slot was gone", 1)]


def test_a_copy_that_is_asked_for_brings_what_was_lost_and_removes_what_is_not_there(capture: Capture) -> None:
    """Rows that ClickHouse has and PostgreSQL has not are named by verify until a copy."""
    said: list[str] = []
    with capture.streaming():
        capture.write(new_file(CHANGED), new_file(DELETED))
        capture.catch_up()
        kept = f"SELECT * FROM file_store.files_history WHERE file_id = '{DELETED}'"
        forged = f"SELECT * REPLACE (toUUID('{CREATED}') AS file_id) FROM ({kept})"
        capture.clickhouse.command(f"INSERT INTO file_store.files_history {forged}")
        for stored in ("history", "latest"):
            lost = f"DELETE WHERE file_id = '{CHANGED}' SETTINGS mutations_sync = 2"
            capture.clickhouse.command(f"ALTER TABLE file_store.files_{stored} {lost}")
        copied = copy_anew(capture.table("files"), capture.database.cdc_url, capture.clickhouse, said.append)
        assert (copied.row_count, copied.deleted, copied.reason) == (2, 1, "asked for")
        assert said[0] == "file.files: wanted"
        shown = capture.select("SELECT toString(file_id) FROM file.files ORDER BY file_id")
    assert shown == [(CHANGED,), (DELETED,)]


def test_a_chunk_that_clickhouse_did_not_take_is_sent_again_and_the_copy_goes_on(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture.write(*(new_file(key) for key in (CHANGED, CREATED, UNTOUCHED)))
    failures, begun, store_copied, copy_table = [2], list[str](), Sink.store_copied, snapshot.copy_table

    def fail_at_first(sink: Sink, table: CapturedTable, rows: Rows) -> None:
        if CREATED.encode() in rows.body and failures[0]:
            failures[0] -= 1
            raise OperationalError("connection lost")
        store_copied(sink, table, rows)

    def counted(connection: Connection, table: CapturedTable, *rest: Any, **named: Any) -> int:
        begun.append(table.name)
        return copy_table(connection, table, *rest, **named)

    monkeypatch.setattr(snapshot, "_CHUNK_BYTES", 1)
    monkeypatch.setattr(snapshot, "copy_table", counted)
    monkeypatch.setattr(Sink, "store_copied", fail_at_first)
    with capture.running():
        capture.catch_up()
        capture.assert_whole()
    assert failures == [0]
    assert sorted(begun) == ["file_versions", "files"]
