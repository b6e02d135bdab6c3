"""Versions as ClickHouse computes them: the same order that PostgreSQL made, over ranks, positions and epochs."""

from itertools import product

import pytest
from clickhouse_connect.driver import Client

from cdc.batch import Rows
from cdc.catalog.declared import service_catalog
from cdc.catalog.version import truncate_version, version
from cdc.rowbinary import nullable_string, row_head
from cdc.storing.sink import Sink
from tests.pipeline.capture import file_ids

FILES = service_catalog("file").by_name["public", "files"]
KEY = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
RANKS = {"r": 0, "d": 1, "c": 2, "u": 2}
BIG = 2**63 + 5


def land(clickhouse: Client, change: tuple[str, int, int], filename: str, key: str = KEY) -> None:
    """One landing row of `files` (op, epoch, LSN), every column but the key and the name NULL."""
    op, epoch, lsn = change
    given = {"file_id": key.encode(), "filename": filename.encode()}
    values = b"".join(nullable_string(given.get(column.name)) for column in FILES.columns)
    row = row_head(op.encode(), lsn, epoch, 7, 1_795_386_489_638_575) + values
    with Sink(clickhouse, "file", epoch) as sink:
        sink.store_copied(FILES, Rows(1, row))


def shown(clickhouse: Client) -> list[str]:
    return [name for (name,) in clickhouse.query("SELECT filename FROM file.files").result_rows]


def test_a_stored_version_is_the_one_that_python_knows(clickhouse: Client) -> None:
    landed = list(product(RANKS.items(), [(1, 0), (1, BIG), (2**32 - 1, 2**64 - 1)]))
    for number, ((op, _), (epoch, lsn)) in enumerate(landed):
        land(clickhouse, (op, epoch, lsn), str(number), key=file_ids(len(landed))[number])
    stored = clickhouse.query("SELECT _version, _lsn, _epoch FROM file.files_history ORDER BY toInt32(filename)")
    assert stored.result_rows == [(version(epoch, lsn, rank), lsn, epoch) for (_, rank), (epoch, lsn) in landed]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (("r", 1, 10), ("d", 1, 10)),
        (("d", 1, 10), ("c", 1, 10)),
        (("r", 1, 10), ("u", 1, 10)),
        (("u", 1, 10), ("r", 1, 11)),
        (("u", 1, BIG), ("u", 1, BIG + 1)),
        (("u", 1, BIG), ("r", 2, 1)),
    ],
    ids=str,
)
@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "newest first"])
def test_the_newer_of_two_versions_is_shown_in_whatever_order_they_come(
    clickhouse: Client, older: tuple[str, int, int], newer: tuple[str, int, int], in_order: bool
) -> None:
    rows = [(older, "older"), (newer, "newer")]
    for row in rows if in_order else reversed(rows):
        land(clickhouse, *row)
    assert shown(clickhouse) == ([] if newer[0] == "d" else ["newer"])


def test_a_truncate_of_an_earlier_epoch_hides_nothing_of_the_next(clickhouse: Client) -> None:
    row = ["file", 1, "2026-11-22 22:30:20", 7, "files", truncate_version(1, 2**64 - 1)]
    columns = ["service", "epoch", "commit_time", "xid", "table", "version"]
    clickhouse.command(f"INSERT INTO cdc.truncates ({', '.join(columns)}) VALUES ({', '.join(map(repr, row))})")
    land(clickhouse, ("u", 1, 10), "gone")
    assert shown(clickhouse) == []
    land(clickhouse, ("r", 2, 1), "back")
    assert shown(clickhouse) == ["back"]
