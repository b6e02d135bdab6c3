"""What a comparison takes of ClickHouse where xids, 32 bits wide in the stream, have wrapped round."""

from typing import Any
from uuid import UUID

import pytest
from clickhouse_connect.driver import Client

from cdc.catalog.comparison_sql import clickhouse_buckets, clickhouse_rows
from cdc.clickhouse import rows_of
from cdc.verify.visibility import SeenBy
from tests.pipeline.recorded_changes import FILE, RecordedChanges, at, file_image
from tests.support.declared_tables import table_named

FILES = table_named("file.files")
FILENAME = [column.name for column in FILES.columns].index("filename")
ROUND = 1 << 32
XMAX = ROUND + 6
# In progress is one on each side of the wrap.
SEEN_BY = SeenBy.parse(1, 0, f"{ROUND - 1}:{XMAX}:{ROUND - 1},{ROUND + 4}", at(60))
DAYS = 24 * 3600


def seen_filenames(client: Client) -> list[str]:
    """The names of the files that the comparison's queries find, which agree on how many they are."""
    found: list[Any] = []
    for bucket, rows, *_ in rows_of(client, clickhouse_buckets(FILES), SEEN_BY.parameters()):
        in_bucket = rows_of(client, clickhouse_rows(FILES), {**SEEN_BY.parameters(), "bucket": bucket})
        assert len(in_bucket) == rows
        found += in_bucket
    return sorted(row[FILENAME] for row in found)


@pytest.mark.parametrize(
    ("xid", "seconds", "is_seen"),
    [
        (ROUND - 2, 0, True),
        (ROUND - 1, 0, False),
        (3, 0, True),
        (4, 0, False),
        (5, 0, True),
        (6, 0, False),
        (7, 0, False),
        (1 << 30, 0, False),
        (1 << 30, -2 * DAYS, True),
    ],
    ids=[
        "just below the wrap",
        "in progress below the wrap",
        "just above the wrap",
        "in progress above the wrap",
        "just below xmax",
        "xmax itself",
        "just above xmax",
        "far ahead",
        "ahead by now, but committed long ago",
    ],
)
def test_a_snapshot_above_a_wrap_sees_what_was_committed_before_it(
    clickhouse: Client, xid: int, seconds: float, is_seen: bool
) -> None:
    RecordedChanges(clickhouse, [xid]).commit(seconds, ("file.files", "c", file_image(filename="this one")))
    assert seen_filenames(clickhouse) == (["this one"] if is_seen else [])


def test_of_each_row_the_newest_version_is_taken_that_the_snapshot_sees(clickhouse: Client) -> None:
    recorded = RecordedChanges(clickhouse, [ROUND - 2, 3, 6, 7])
    gone, kept = str(UUID(int=11)), str(UUID(int=12))
    created = [file_image(key, filename="at first") for key in (FILE, gone, kept)]
    recorded.commit(0, *(("file.files", "c", image) for image in created))
    recorded.commit(1, ("file.files", "u", file_image(filename="seen")), ("file.files", "d", created[1]))
    recorded.commit(2, ("file.files", "u", file_image(filename="too late")))
    recorded.commit(3, ("file.files", "d", created[2]))
    assert seen_filenames(clickhouse) == ["at first", "seen"]


def test_a_truncate_that_the_snapshot_does_not_see_empties_nothing(clickhouse: Client) -> None:
    recorded = RecordedChanges(clickhouse, [ROUND - 2, 6])
    recorded.commit(0, ("file.files", "c", file_image(filename="kept")))
    recorded.commit(1, emptied=["file.files"])
    assert seen_filenames(clickhouse) == ["kept"]


def test_a_truncate_below_the_wrap_empties_what_was_there_before_it(clickhouse: Client) -> None:
    recorded = RecordedChanges(clickhouse, [ROUND - 3, ROUND - 2, 3])
    recorded.commit(0, ("file.files", "c", file_image(filename="emptied")))
    recorded.commit(1, emptied=["file.files"])
    recorded.commit(2, ("file.files", "c", file_image(str(UUID(int=11)), filename="made anew")))
    assert seen_filenames(clickhouse) == ["made anew"]
