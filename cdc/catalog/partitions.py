"""Which rows PostgreSQL still keeps of a partitioned table: those of ranges that a partition covers.

A dropped partition sends no event. Its rows stay in ClickHouse, and are told from rows that are missing by the range
that they lie in alone.
"""

import re
from collections.abc import Sequence

from cdc.catalog.model import CapturedTable, Column, literal, quoted

EVERY_ROW = "true"
_VALUE = r"\(('(?:[^']|'')*'|[^',()]+)\)"
_RANGE = re.compile(rf"FOR VALUES FROM {_VALUE} TO {_VALUE}")
_UNBOUNDED = frozenset({"MINVALUE", "MAXVALUE"})
# Types whose values ClickHouse sorts as PostgreSQL does; texts have collations, and UUIDs another order.
_SORTED_ALIKE = re.compile(r"Int|Decimal|Date")


def partition_bounds(table: CapturedTable) -> str:
    """The query for strategy, columns (NULL for an expression) and bound of each partition; no row without a root."""
    return (
        "SELECT partstrat::text,"
        " (SELECT array_agg(attname::text ORDER BY place)"
        " FROM unnest(partattrs::int2[]) WITH ORDINALITY AS part(number, place)"
        " LEFT JOIN pg_attribute ON attrelid = partrelid AND attnum = number AND number > 0),"
        " pg_get_expr(relpartbound, c.oid)"
        " FROM pg_partitioned_table LEFT JOIN pg_inherits ON inhparent = partrelid"
        f" LEFT JOIN pg_class c ON c.oid = inhrelid WHERE partrelid = {literal(table.in_postgres)}::regclass"
    )


def kept_rows(table: CapturedTable, partitions: Sequence[tuple[str, Sequence[str | None], str | None]]) -> str:
    """ClickHouse's condition for rows that a partition covers; `partitions` are the rows of `partition_bounds`.

    Every row where it cannot be told: no partitions by range of one column that sorts alike in both, or a default one.
    """
    if not partitions:
        return EVERY_ROW
    strategy, names, _ = partitions[0]
    bounds = [bound for *_, bound in partitions if bound is not None]
    column = next((column for column in table.key_columns if [column.name] == list(names)), None)
    if strategy != "r" or column is None or not _SORTED_ALIKE.match(column.rule.clickhouse) or "DEFAULT" in bounds:
        return EVERY_ROW
    ranges = {match[1]: match[2] for match in map(_RANGE.fullmatch, bounds) if match}
    if len(ranges) < len(bounds):
        return EVERY_ROW
    conditions = (_within(column, first, end) for first, end in _joined(ranges))
    return f"({' OR '.join(conditions) or 'false'})"


def _joined(ranges: dict[str, str]) -> list[tuple[str, str]]:
    """Ranges of which one ends where the next begins, as one."""
    joined = []
    for first in sorted(ranges.keys() - set(ranges.values())):
        end = ranges[first]
        while end in ranges:
            end = ranges[end]
        joined.append((first, end))
    return joined


def _within(column: Column, first: str, end: str) -> str:
    limits = ((">=", first), ("<", end))
    parts = [_beyond(column, operator, limit) for operator, limit in limits if limit not in _UNBOUNDED]
    return f"({' AND '.join(parts) or 'true'})"


def _beyond(column: Column, operator: str, limit: str) -> str:
    # A limit that ClickHouse's type cannot hold narrows nothing: rather one row too many compared than one too few.
    value = column.rule.value(limit if limit.startswith("'") else literal(limit))
    return f"ifNull({quoted(column.name)} {operator} {value}, true)"
