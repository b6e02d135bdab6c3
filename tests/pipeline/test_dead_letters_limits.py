"""Where parking ends: what is not about rows stops capture, and so do too many in a row; both go on once mended."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import OperationalError

from cdc.batch import Batch, Rows
from cdc.catalog.declared import service_catalog
from cdc.clickhouse import InsertRefusedError, client, insert
from cdc.dead_letters.parking import Parking
from cdc.rowbinary import nullable_string, row_head
from cdc.storing.sink import Sink
from deploy.local.clickhouse.starter import ClickHouse
from tests.pipeline.capture import Capture, file_ids, new_file, new_version, wait_until
from tests.pipeline.dead_letters import POISON, parked, redriven, refusing

pytestmark = pytest.mark.usefixtures("short_backoff")
ONE, TWO = file_ids(2)
FILES = service_catalog("file").by_name["public", "files"]


def has_said(caplog: pytest.LogCaptureFixture, words: str) -> Callable[[], bool]:
    return lambda: any(words in record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR)


def test_too_many_refused_in_a_row_stop_the_pipeline_which_goes_on_once_mended(
    capture: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    keys = file_ids(30)
    with capture.streaming(refused_in_a_row=20), refusing(capture) as mend:
        before = capture.confirmed_position()
        capture.write(*(new_file(key, POISON) for key in keys), new_version(ONE, 1))
        wait_until(has_said(caplog, "file.files: ClickHouse refused 20 changes with none stored between"), "it to stop")
        wait_until(has_said(caplog, "file: stopped, starting again"), "it to say that it begins again")
        assert has_said(caplog, "Constraint `by_hand`")()
        assert parked(capture) == []
        assert capture.confirmed_position() < capture.wal_position()
        assert before <= capture.confirmed_position()
        mend()
        capture.catch_up()
        assert parked(capture) == []
        capture.assert_whole()


def test_refused_changes_that_come_one_by_one_are_counted_over_batches_and_starts(
    capture: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    with refusing(capture) as mend:
        for key in file_ids(3):
            with capture.streaming():
                capture.write(new_file(key, POISON))
                capture.catch_up()
        assert len(parked(capture)) == 3
        with capture.running(refused_in_a_row=4):
            capture.write(new_file(file_ids(4)[3], POISON))
            wait_until(has_said(caplog, "file.files: ClickHouse refused 4 changes"), "it to stop")
            assert len(parked(capture)) == 3, "nothing of the insert that reached the limit is parked"
            mend()
            capture.catch_up()
            assert redriven(capture) == (3, [])
            capture.assert_whole()


def test_refused_changes_between_stored_ones_do_not_stop_it(capture: Capture) -> None:
    keys = file_ids(30)
    with capture.streaming(refused_in_a_row=4), refusing(capture) as mend:
        capture.write(*(new_file(key, POISON if number % 3 else "fine") for number, key in enumerate(keys)))
        capture.catch_up()
        assert len(parked(capture)) == 20
        mend()
        assert redriven(capture) == (20, [])
        capture.assert_whole()


def test_a_replay_after_a_kill_between_parking_and_acknowledging_parks_nothing_twice(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures, store = [3], Sink.store

    def fail_at_first(sink: Sink, batch: Batch) -> None:
        """The rows are stored and parked; what would say so never arrives."""
        if batch.row_count and failures[0]:
            failures[0] -= 1
            store(sink, replace(batch, commits=[]))
            raise RuntimeError("killed")
        store(sink, batch)

    monkeypatch.setattr(Sink, "store", fail_at_first)
    with capture.streaming(), refusing(capture) as mend:
        capture.write(new_file(ONE, POISON), new_file(TWO, "fine"))
        wait_until(lambda: not failures[0], "it to be cut off")
        capture.write(f"UPDATE files SET filename = 'later' WHERE file_id = '{ONE}'")
        capture.catch_up()
        assert parked(capture) == [(ONE, "c", True), (ONE, "u", False)]
        assert capture.select("SELECT count() FROM cdc.dead_letters FINAL") == [(2,)]
        mend()
        assert redriven(capture) == (2, [])
        capture.assert_whole()


def landing(filename: str = "essay.txt", key: str = ONE, lsn: int = 10) -> Rows:
    given = {"file_id": key.encode(), "filename": filename.encode()}
    values = b"".join(nullable_string(given.get(column.name)) for column in FILES.columns)
    return Rows(1, row_head(b"c", lsn, 1, 7, 1_795_386_489_638_575) + values)


@contextmanager
def broken(clickhouse: Client, *statements: str) -> Iterator[None]:
    """The file service's tables, broken by hand; they are made anew for the next test."""
    for statement in statements:
        clickhouse.command(statement)
    try:
        yield
    finally:
        for name in ("file", "file_store"):
            clickhouse.command(f"DROP DATABASE IF EXISTS {name} SYNC")
        clickhouse.command("ALTER TABLE cdc.schema_ledger DELETE WHERE object LIKE 'file%' SETTINGS mutations_sync = 2")


VIEW, LANDING, HISTORY = (f"file_store.files_{name}" for name in ("landing_to_history", "landing", "history"))


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ([f"DROP TABLE {HISTORY} SYNC"], "the tables in ClickHouse are not what the catalog wants: Target table"),
        ([f"DROP TABLE {LANDING} SYNC"], "the tables in ClickHouse are not what the catalog wants: Table"),
        (["DROP DATABASE file_store SYNC"], "the tables in ClickHouse are not what the catalog wants: Database"),
        (
            [f"DROP TABLE {VIEW} SYNC", f"ALTER TABLE {LANDING} DROP COLUMN filename"],
            "the tables in ClickHouse are not what the catalog wants: No such column filename",
        ),
    ],
    ids=["history", "landing", "database", "column"],
)
def test_what_would_refuse_every_row_stops_and_parks_nothing(
    clickhouse: Client, statements: list[str], reason: str
) -> None:
    with broken(clickhouse, *statements):
        with pytest.raises(InsertRefusedError) as raised:
            Parking(clickhouse, "file").store(FILES, landing())
        assert str(raised.value).startswith(f"file.files: {reason}"), raised.value
        assert clickhouse.query("SELECT count() FROM cdc.dead_letters").result_rows == [(0,)]


def test_a_user_who_may_only_read_stops_it(clickhouse: Client, clickhouse_server: ClickHouse) -> None:
    assert clickhouse.query("SELECT count() FROM cdc.dead_letters").result_rows == [(0,)]
    refusal = r"file\.files: capture's user may not write there: .*readonly"
    with client(f"{clickhouse_server.url}/?readonly=1") as reader, pytest.raises(InsertRefusedError, match=refusal):
        Parking(reader, "file").store(FILES, landing())


def test_a_failure_while_a_letter_is_written_is_tried_again_and_leaves_nothing_out(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures, written = [2], insert

    def fail_at_first(*arguments: object) -> None:
        if failures[0]:
            failures[0] -= 1
            raise OperationalError("connection lost")
        written(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("cdc.dead_letters.letter_box.insert", fail_at_first)
    with capture.streaming(), refusing(capture) as mend:
        capture.write(new_file(ONE, POISON), f"UPDATE files SET filename = 'later' WHERE file_id = '{ONE}'")
        capture.catch_up()
        assert parked(capture) == [(ONE, "c", True), (ONE, "u", False)]
        mend()
        assert redriven(capture) == (2, [])
        capture.assert_whole()
