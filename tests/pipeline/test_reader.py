"""The slot reader: where batches are cut, what is acknowledged when, and what is left when it stops."""

import threading
import time
from itertools import pairwise

import pytest

from cdc.postgres import lsn_number
from cdc.source.pgoutput import Decoder
from cdc.source.slot import BatchLimits
from tests.pipeline.capture import SOON, Capture, file_ids, new_file, new_version, wait_until
from tests.pipeline.watched_store import WatchedStore
from tests.pipeline.writers import Load
from tests.support.sql import run

ONE, TWO = file_ids(2)
WITNESS = "witness"


def many_files(count: int) -> str:
    return (
        "INSERT INTO files (file_id, batch_id, user_id, filename)"
        f" SELECT gen_random_uuid(), gen_random_uuid(), 'u', 'f' || n FROM generate_series(1, {count}) n"
    )


@pytest.mark.parametrize(
    ("limits", "rows", "most_rows"),
    [
        (BatchLimits(seconds=0.2, rows=100, bytes=32 << 20), 1000, 100),
        (BatchLimits(seconds=0.2, rows=50_000, bytes=10_000), 1000, 100),
        (BatchLimits(seconds=0.0, rows=50_000, bytes=1), 30, 1),
    ],
    ids=["by rows", "by bytes", "after each message"],
)
def test_a_transaction_larger_than_a_batch_is_split_and_counted_whole(
    capture: Capture, watched: WatchedStore, limits: BatchLimits, rows: int, most_rows: int
) -> None:
    with capture.streaming(limits):
        capture.write(many_files(rows), new_file(ONE), new_version(ONE, 1))
        capture.catch_up()
        capture.assert_whole()
    sizes = [batch.row_count for batch in watched.stored]
    assert max(sizes) <= most_rows
    assert sum(sizes) == rows + 2
    assert capture.select("SELECT max(changes) FROM cdc.transactions") == [(rows + 2,)]


def test_a_batch_is_sent_after_its_time_though_it_is_not_full(capture: Capture, watched: WatchedStore) -> None:
    with capture.streaming(BatchLimits(seconds=0.05, rows=50_000, bytes=32 << 20)):
        for key in file_ids(4):
            capture.write(new_file(key))
            capture.catch_up()
    assert sum(batch.row_count > 0 for batch in watched.stored) == 4


def test_what_was_read_when_told_to_stop_is_stored_and_acknowledged(capture: Capture, watched: WatchedStore) -> None:
    with capture.streaming(BatchLimits(seconds=0.0, rows=200, bytes=32 << 20)):
        watched.seconds = 0.3
        capture.write(many_files(700))
        wait_until(lambda: any(batch.row_count for batch in watched.stored), "a part to be stored")
    shown = capture.select("SELECT count() FROM file.files")[0][0]
    whole = capture.select("SELECT count() FROM cdc.transactions FINAL WHERE changes = 700")[0][0]
    assert 200 <= shown <= 700
    assert whole == (shown == 700)
    assert capture.confirmed_position() == capture.stored_position()


def test_what_waited_for_company_when_told_to_stop_is_stored(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    read, feed = threading.Event(), Decoder.feed

    def feed_and_tell(decoder: Decoder, lsn: int, message: bytes) -> None:
        feed(decoder, lsn, message)
        if any(commit.changes for commit in decoder.batch.commits):
            read.set()

    monkeypatch.setattr(Decoder, "feed", feed_and_tell)
    with capture.running(BatchLimits(seconds=600, rows=50_000, bytes=32 << 20)):
        # A slot is active while it is made, too, and what is written then is copied.
        wait_until(lambda: tables_copied(capture) == len(capture.catalog.tables), "the tables to be copied")
        wait_until(lambda: is_read(capture), "the slot to be read")
        capture.write(new_file(ONE))
        assert read.wait(SOON)
        assert capture.select("SELECT count() FROM file.files") == [(0,)]
    assert capture.select("SELECT count() FROM file.files") == [(1,)]
    assert capture.confirmed_position() == capture.stored_position()


def tables_copied(capture: Capture) -> int:
    [(count,)] = capture.select("SELECT count() FROM cdc.snapshots FINAL WHERE copied_to > 0")
    return int(count)


def test_the_slot_is_never_ahead_of_what_is_stored(capture: Capture, watched: WatchedStore) -> None:
    seen: list[tuple[int, int]] = []
    with capture.streaming(BatchLimits(seconds=0.01, rows=20, bytes=32 << 20)):
        run(capture.database.cdc_url, f"SELECT pg_create_logical_replication_slot('{WITNESS}', 'pgoutput')")
        watched.seconds = 0.03
        with Load(seed=7).going_on(capture):
            while len({confirmed for confirmed, _ in seen}) < 10:
                confirmed = capture.confirmed_position()
                seen.append((confirmed, capture.stored_position()))
                time.sleep(0.01)
    commits = committed_positions(capture)
    lost = [(confirmed, stored, end) for confirmed, stored in seen for end in commits if stored < end <= confirmed]
    assert lost == [], "these would be lost by a kill: the slot is past their end, and ClickHouse is not"


def committed_positions(capture: Capture) -> list[int]:
    """The end of each transaction that a slot made for this purpose has seen."""
    rows = run(
        capture.database.superuser_dsn,
        f"SELECT lsn FROM pg_logical_slot_peek_binary_changes('{WITNESS}', NULL, NULL, 'proto_version', '1',"
        " 'publication_names', 'huleedu_cdc', 'messages', 'true') WHERE get_byte(data, 0) = ascii('C')",
    )
    positions = [lsn_number(str(lsn)) for (lsn,) in rows]
    assert all(earlier < later for earlier, later in pairwise(positions))
    return positions


def test_a_reader_that_waits_for_clickhouse_keeps_its_connection(capture: Capture, watched: WatchedStore) -> None:
    """PostgreSQL gives a connection up after far less time than the inserts here take."""
    run(capture.database.superuser_dsn, "ALTER ROLE file_cdc SET wal_sender_timeout = '1500ms'")
    try:
        with capture.streaming(BatchLimits(seconds=0.0, rows=100, bytes=32 << 20)):
            walsender = walsender_of(capture)
            watched.seconds = 3
            capture.write(many_files(350))  # one part is stored, one waits, and the reader holds the third
            wait_until(lambda: any(batch.row_count for batch in watched.stored), "a part to be stored")
            watched.seconds = 0
            capture.catch_up()
            assert walsender_of(capture) == walsender
    finally:
        run(capture.database.superuser_dsn, "ALTER ROLE file_cdc RESET wal_sender_timeout")


def is_read(capture: Capture) -> bool:
    return bool(walsenders(capture))


def walsender_of(capture: Capture) -> object:
    [(pid,)] = walsenders(capture)
    return pid


def walsenders(capture: Capture) -> list[tuple[object, ...]]:
    active = f"SELECT active_pid FROM pg_replication_slots WHERE database = '{capture.database.name}' AND active"
    return run(capture.database.superuser_dsn, active)


def test_a_second_reader_of_a_slot_waits_until_the_first_one_ends(capture: Capture) -> None:
    with capture.streaming(), capture.running():
        capture.write(new_file(ONE))
        capture.catch_up()
    with capture.running():
        capture.write(new_file(TWO))
        capture.catch_up()
        capture.assert_whole()
