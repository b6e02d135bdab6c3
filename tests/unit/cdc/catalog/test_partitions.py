"""Which rows partitions keep, as a condition for ClickHouse; all of them where it cannot be told."""

import pytest
from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text

from cdc.catalog.declared import catalog_of_metadata
from cdc.catalog.model import CapturedTable
from cdc.catalog.partitions import EVERY_ROW, kept_rows
from services.kit.capture import Capture


def keyed_by(column: Column[object]) -> CapturedTable:
    metadata = MetaData()
    Table("visits", metadata, column, info=Capture().info())
    return catalog_of_metadata("museum", metadata).tables[0]


BY_NUMBER = keyed_by(Column("number", Integer, primary_key=True))


def kept(*bounds: str | None, strategy: str = "r", names: tuple[str | None, ...] = ("number",)) -> str:
    return kept_rows(BY_NUMBER, [(strategy, names, bound) for bound in bounds])


def limits(condition: str) -> list[str]:
    """The comparisons of a condition, their casts left out: `>= 1`, `< 5` …"""
    parts = condition.split('"number" ')[1:]
    return [f"{part.split(' ')[0]} {part.split(chr(39))[1]}" for part in parts]


def test_a_table_without_partitions_keeps_every_row() -> None:
    assert kept_rows(BY_NUMBER, []) == EVERY_ROW


def test_a_partitioned_table_that_has_no_partition_keeps_none() -> None:
    assert kept(None) == "(false)"


def test_each_range_is_kept_and_ranges_side_by_side_are_one() -> None:
    condition = kept(*(f"FOR VALUES FROM ({first}) TO ({first + 5})" for first in (10, 0, 5, 30)))
    assert limits(condition) == [">= 0", "< 15", ">= 30", "< 35"]
    assert condition.count(" OR ") == 1


def test_a_range_without_a_limit_has_none() -> None:
    assert limits(kept("FOR VALUES FROM (MINVALUE) TO ('-5')", "FOR VALUES FROM (7) TO (MAXVALUE)")) == [">= 7", "< -5"]
    assert kept("FOR VALUES FROM (MINVALUE) TO (MAXVALUE)") == "((true))"


@pytest.mark.parametrize(
    ("bounds", "strategy", "names"),
    [
        (["FOR VALUES FROM (0) TO (5)", "DEFAULT"], "r", ("number",)),
        (["FOR VALUES IN (1, 2)"], "l", ("number",)),
        (["FOR VALUES WITH (modulus 2, remainder 0)"], "h", ("number",)),
        (["FOR VALUES FROM (0, 1) TO (5, 1)"], "r", ("number", "other")),
        (["FOR VALUES FROM (0) TO (5)"], "r", (None,)),
        (["FOR VALUES FROM ('(') TO (',', 1)"], "r", ("number",)),
    ],
    ids=["default", "list", "hash", "two columns", "expression", "not understood"],
)
def test_where_it_cannot_be_told_every_row_is_kept(
    bounds: list[str], strategy: str, names: tuple[str | None, ...]
) -> None:
    assert kept(*bounds, strategy=strategy, names=names) == EVERY_ROW


def test_a_column_that_sorts_otherwise_in_clickhouse_keeps_every_row() -> None:
    by_name = keyed_by(Column("number", Text, primary_key=True))
    assert kept_rows(by_name, [("r", ["number"], "FOR VALUES FROM ('a') TO ('b')")]) == EVERY_ROW


def test_limits_in_time_are_cast_as_the_columns_values_are() -> None:
    by_day = keyed_by(Column("number", DateTime(timezone=True), primary_key=True))
    bound = "FOR VALUES FROM ('2026-03-28 00:00:00+00') TO ('2026-03-29 00:00:00+00')"
    assert "toDateTime64OrNull" in kept_rows(by_day, [("r", ["number"], bound)])
