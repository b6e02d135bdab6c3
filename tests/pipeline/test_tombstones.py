"""Which keys a copy tells gone: those that were there and were not found, unless the stream tells otherwise."""

from typing import NamedTuple

import pytest
from clickhouse_connect.driver import Client

from cdc.bookkeeping.copies import TableCopy
from cdc.catalog.version import change_version, truncate_version
from cdc.copies.tombstones import delete_what_is_gone
from tests.support.declared_tables import table_named

FILES = table_named("file.files")
KEY = "00000000-0000-4000-8000-000000000001"
COPY_XID = 77
AT, END = 1000, 2000
COPY = TableCopy(
    "files", epoch=2, lsn=AT, reason="asked for", xid=COPY_XID, taken_us=1_700_000_000_123_456, copied_to=END
)


class Version(NamedTuple):
    """A version in history: of an epoch, at an LSN."""

    op: str
    epoch: int
    lsn: int


def store(clickhouse: Client, versions: list[Version]) -> None:
    for found in versions:
        clickhouse.command(
            f"INSERT INTO {FILES.history} (file_id, filename, _version, _op, _xid, _commit_time)"
            f" VALUES ('{KEY}', '{found.op}', {change_version(*found)}, '{found.op}', 5, '2026-01-01')"
        )


def told(clickhouse: Client) -> list[tuple[str, int]]:
    """Op and xid of each version, in order."""
    found = clickhouse.query(f"SELECT _op, _xid FROM {FILES.history} FINAL ORDER BY _version").result_rows
    return [(str(op), int(xid)) for op, xid in found]


BEFORE = Version("c", 1, 500)
GONE = [("c", 5), ("d", COPY_XID)]
STORIES = {
    "nothing is told of it since": ([BEFORE], GONE),
    "it came again after the copy": ([BEFORE, Version("c", 2, 3000)], [*GONE, ("c", 5)]),
    "it came again while the copy went on": ([BEFORE, Version("c", 2, 1500)], [*GONE, ("c", 5)]),
    "it came again, and went": ([BEFORE, Version("c", 2, 1500), Version("d", 2, 1600)], [*GONE, ("c", 5), ("d", 5)]),
    "it was copied": ([BEFORE, Version("r", 2, AT)], None),
    "it was copied, and changed": ([BEFORE, Version("r", 2, AT), Version("u", 2, 1500)], None),
    "it was deleted before": ([BEFORE, Version("d", 1, 600)], None),
    "it was deleted while the copy began": ([BEFORE, Version("d", 2, 1500)], None),
    "it was deleted at the very position of the copy": ([BEFORE, Version("d", 2, AT)], None),
    "it was deleted there, and came again": ([BEFORE, Version("d", 2, AT), Version("c", 2, 1500)], None),
    "it was changed, and deleted": ([BEFORE, Version("u", 2, 1500), Version("d", 2, 1600)], None),
    "it was never there before": ([Version("c", 2, 1500)], None),
}


@pytest.mark.parametrize(("versions", "expected"), STORIES.values(), ids=STORIES)
def test_a_key_is_told_gone_where_the_stream_cannot_tell_it(
    clickhouse: Client, versions: list[Version], expected: list[tuple[str, int]] | None
) -> None:
    store(clickhouse, versions)
    before = told(clickhouse)
    for _ in range(2):
        count = delete_what_is_gone(clickhouse, FILES, COPY, "true")
        assert told(clickhouse) == (expected or before)
        assert count == (1 if expected else 0)
    counted = clickhouse.query("SELECT changes FROM cdc.transactions FINAL WHERE xid = 77").result_rows
    assert counted == ([(1,)] if expected else [])


@pytest.mark.parametrize(
    ("epoch", "lsn", "count"), [(1, 600, 0), (2, 1500, 0), (2, 3000, 1)], ids=["before", "meanwhile", "later"]
)
def test_what_a_truncate_took_is_not_told_again_and_later_ones_change_nothing(
    clickhouse: Client, epoch: int, lsn: int, count: int
) -> None:
    store(clickhouse, [BEFORE])
    clickhouse.command(
        'INSERT INTO cdc.truncates (service, epoch, commit_time, xid, "table", version) VALUES'
        f" ('file', {epoch}, '2026-01-01', 9, 'files', {truncate_version(epoch, lsn)})"
    )
    assert delete_what_is_gone(clickhouse, FILES, COPY, "true") == count


def test_what_is_counted_is_what_was_written_whatever_came_meanwhile(
    clickhouse: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(clickhouse, [BEFORE])
    # As if the key was parked, or its partition dropped, between the question and the deletion.
    monkeypatch.setattr("cdc.copies.tombstones.count_gone", lambda *_: "SELECT 3")
    assert delete_what_is_gone(clickhouse, FILES, COPY, "true") == 1
    assert clickhouse.query("SELECT changes FROM cdc.transactions FINAL WHERE xid = 77").result_rows == [(1,)]
