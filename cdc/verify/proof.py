"""The proof: PostgreSQL's snapshot against history, history against what was committed, latest against history."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver import Client

from cdc.catalog.accounting_sql import from_the_future, shortfall, surplus
from cdc.catalog.comparison_sql import (
    clickhouse_buckets,
    clickhouse_rows,
    latest_against_history,
    postgres_buckets,
    postgres_rows,
)
from cdc.catalog.model import CapturedTable, ServiceCatalog
from cdc.clickhouse import rows_of
from cdc.postgres import rows, session
from cdc.source.partitions import kept_now
from cdc.verify.caught_up import caught_up, snapshot
from cdc.verify.difference import (
    Buckets,
    Difference,
    Key,
    Sides,
    differing_buckets,
    differing_rows,
    latest_sentence,
    row_count,
    surplus_sentence,
)
from cdc.verify.parked import name_letters
from cdc.verify.shape import in_one_shape
from cdc.verify.visibility import SeenBy

MOST_DIFFERENCES = 20
RowsOfBucket = Callable[[str], Sequence[Sequence[Any]]]
_ORIGINS = "history and its origins"
# Latest follows history within one insert; what still differs after this long is not on its way.
_SETTLE_SECONDS = 1.0


@dataclass(frozen=True)
class TableProof:
    """What was found of one table: the rows compared, and at most MOST_DIFFERENCES differences of each kind."""

    table: CapturedTable
    rows: int
    differences: tuple[Difference, ...]


def verify_table(
    table: CapturedTable, catalog: ServiceCatalog, database_url: str, client: Client, timeout_seconds: float
) -> TableProof:
    """Prove one table of a service. A difference counts if it is found twice: a copy made meanwhile may look like one.

    NotCaughtUpError if ClickHouse does not reach PostgreSQL's position or columns, or lacks a copy, in that time.
    """
    table = in_one_shape(table, database_url, client, timeout_seconds)
    rows_compared, differences = _compare_with_postgres(table, catalog, database_url, client, timeout_seconds)
    if differences:
        rows_compared, again = _compare_with_postgres(table, catalog, database_url, client, timeout_seconds)
        differences = [difference for difference in again if difference in differences]
    found = (*differences, *_compare_latest(table, database_url, client))
    return TableProof(table, rows_compared, name_letters(table, client, found))


def _compare_with_postgres(
    table: CapturedTable, catalog: ServiceCatalog, database_url: str, client: Client, timeout_seconds: float
) -> tuple[int, list[Difference]]:
    with session(database_url) as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True, autocommit=False)
        seen = caught_up(connection, database_url, client, table, timeout_seconds)
        left = _buckets(rows(connection, postgres_buckets(table)))
        # To have read the table keeps its partitions from being dropped; which are left, its snapshot need not say.
        kept = kept_now(table, database_url)
        right = _buckets(rows_of(client, clickhouse_buckets(table, kept), seen.parameters()))
        found = _drill_down(
            table,
            lambda bucket: rows(connection, postgres_rows(table), bucket),
            lambda bucket: rows_of(client, clickhouse_rows(table, kept), {**seen.parameters(), "bucket": bucket}),
            differing_buckets(left, right),
        )
        found += _compare_with_origins(table, catalog, client, seen)
        found += _not_yet_written(table, database_url, client, seen)
        return row_count(left), found


def _drill_down(
    table: CapturedTable, in_postgres: RowsOfBucket, in_clickhouse: RowsOfBucket, buckets: Sequence[str]
) -> list[Difference]:
    names, found = tuple(column.name for column in table.columns), list[Difference]()
    for bucket in buckets:
        left, right = ([tuple(row) for row in side(bucket)] for side in (in_postgres, in_clickhouse))
        for key, what in differing_rows(names, len(table.key), left, right):
            named = dict(zip(table.key, key, strict=True))
            found.append(Difference(str(table), "PostgreSQL and ClickHouse", named, what))
        if len(found) >= MOST_DIFFERENCES:
            break
    return found[:MOST_DIFFERENCES]


def _compare_with_origins(
    table: CapturedTable, catalog: ServiceCatalog, client: Client, seen: SeenBy
) -> Iterator[Difference]:
    parameters = {**seen.parameters(), "limit": MOST_DIFFERENCES}
    for key, version, copied, made, held in rows_of(client, surplus(table, catalog), parameters):
        named = dict(zip(table.key, key, strict=True))
        yield Difference(str(table), _ORIGINS, named, surplus_sentence(version, copied=copied, made=made, held=held))
    for name, at, copied, made, held in rows_of(client, shortfall(table, catalog), parameters):
        named = {"snapshot": name} if copied else {"xid": name, "commit_time": at}
        yield Difference(str(table), _ORIGINS, named, f"{made} rows came of it, and history holds {held}")


def _not_yet_written(table: CapturedTable, database_url: str, client: Client, seen: SeenBy) -> Iterator[Difference]:
    """What the other comparisons take for changes after their snapshot, though PostgreSQL has not come so far."""
    with session(database_url) as connection:
        now = snapshot(connection, client, table.service)
    parameters = {**seen.parameters(), "next_xid": now.next_xid, "written": now.lsn, "limit": MOST_DIFFERENCES}
    for key, version in rows_of(client, from_the_future(table), parameters):
        named = dict(zip(table.key, key, strict=False))
        what = "version" if key else "a truncate up to version"
        yield Difference(str(table), _ORIGINS, named, f"{what} {version} is one that PostgreSQL has not written yet")


def _compare_latest(table: CapturedTable, database_url: str, client: Client) -> list[Difference]:
    first = _unlike_history(table, database_url, client)
    if not first:
        return []
    time.sleep(_SETTLE_SECONDS)
    return [
        Difference(str(table), "history and latest", dict(zip(table.key, key, strict=True)), latest_sentence(sides))
        for key, sides in _unlike_history(table, database_url, client)
        if (key, sides) in first
    ]


def _unlike_history(table: CapturedTable, database_url: str, client: Client) -> list[tuple[Key, Sides]]:
    query = latest_against_history(table, kept_now(table, database_url))
    found = rows_of(client, query, {"limit": MOST_DIFFERENCES})
    return [(tuple(key), tuple((side, version, digest) for side, version, digest in sides)) for key, sides in found]


def _buckets(found: Sequence[Sequence[object]]) -> Buckets:
    return {str(bucket): (int(str(count)), str(first), str(second)) for bucket, count, first, second in found}
