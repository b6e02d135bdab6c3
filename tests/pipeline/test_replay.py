"""Replay: storing anything again, whole or in part, in any order, changes nothing that anyone can read."""

import random
from dataclasses import replace

from cdc.batch import Batch
from cdc.source.slot import BatchLimits
from cdc.storing.sink import Sink
from tests.pipeline.capture import Capture, file_ids, new_file
from tests.pipeline.watched_store import WatchedStore
from tests.pipeline.writers import Load

REPLAYS = 8
READ = {
    "file.files": "*",
    "file.files_history": "*",
    "file.file_versions": "*",
    "file.file_versions_history": "*",
    "cdc.transactions FINAL": "*",
    "cdc.messages FINAL": "*",
    "cdc.actors FINAL": "*",
    "cdc.truncates FINAL": "*",
    "cdc.progress FINAL": "service, position, commit_time",
}
[TRUNCATED] = file_ids(1)


def everything(capture: Capture) -> dict[str, list[str]]:
    return {name: sorted(map(str, capture.select(f"SELECT {columns} FROM {name}"))) for name, columns in READ.items()}


def part_of(batch: Batch, rng: random.Random) -> Batch:
    """What a kill may leave of a batch's insert: its parts up to some point, and of the rows some tables."""
    parts = rng.randint(1, 4)
    tables = {table: rows for table, rows in batch.rows.items() if parts == 4 or rng.random() < 0.5}
    return replace(
        batch,
        truncates=batch.truncates if parts > 1 else [],
        rows=tables if parts > 2 else {},
        commits=batch.commits if parts > 3 else [],
    )


def replay(sink: Sink, batches: list[Batch], rng: random.Random) -> None:
    start = rng.randrange(len(batches))
    for batch in batches[start:]:
        sink.store(part_of(batch, rng) if rng.random() < 0.3 else batch)
        if rng.random() < 0.2:
            sink.store(rng.choice(batches))


def test_a_replay_of_any_suffix_changes_nothing(capture: Capture, watched: WatchedStore) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    with capture.streaming(BatchLimits(seconds=0.02, rows=25, bytes=32 << 20)):
        Load(seed, transactions=6).write_all(capture)
        capture.write(new_file(TRUNCATED) + " ON CONFLICT DO NOTHING", "TRUNCATE files CASCADE")
        Load(seed + 1, transactions=8).write_all(capture)
        capture.catch_up()
    stored, before = watched.stored, everything(capture)
    assert sum(bool(batch.row_count or batch.truncates) for batch in stored) > 3
    assert sum(bool(batch.commits) for batch in stored) > 3
    assert all(shown for view, shown in before.items() if view.endswith("_history"))
    rng = random.Random(seed)
    with Sink(capture.clickhouse, "file", epoch=1) as sink:
        for _ in range(REPLAYS):
            replay(sink, stored, rng)
            assert everything(capture) == before
    merge_everything(capture)
    assert everything(capture) == before
    with capture.running():
        capture.assert_whole()


def merge_everything(capture: Capture) -> None:
    for table in capture.catalog.tables:
        for stored in (table.history, table.latest):
            capture.clickhouse.command(f"OPTIMIZE TABLE {stored} FINAL")


def test_a_batch_that_never_came_whole_shows_no_whole_transaction(capture: Capture, watched: WatchedStore) -> None:
    with capture.streaming():
        capture.write(*(new_file(key) for key in file_ids(3)))
        capture.catch_up()
    [rows] = [batch for batch in watched.stored if batch.row_count]
    commits = [batch for batch in watched.stored if any(commit.changes for commit in batch.commits)]
    for table in ("cdc.transactions", "file_store.files_history", "file_store.files_latest"):
        capture.clickhouse.command(f"TRUNCATE TABLE {table}")
    with Sink(capture.clickhouse, "file", epoch=1) as sink:
        sink.store(rows)
        assert capture.select("SELECT count(), sum(_transaction_changes) FROM file.files_history") == [(3, 0)]
        for batch in commits:
            sink.store(batch)
        assert capture.select("SELECT count(), any(_transaction_changes) FROM file.files_history") == [(3, 3)]
