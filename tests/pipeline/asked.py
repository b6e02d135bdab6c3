"""Named queries as tests ask them, at one hour after the tests' time began."""

from typing import Any

from clickhouse_connect.driver import Client

from analytics.clickhouse import ask as ask_clickhouse
from analytics.named_queries import bound, query_named
from tests.pipeline.recorded_changes import at

NOW = at(3600)


def ask(client: Client, name: str, **given: str) -> list[dict[str, Any]]:
    """The rows of an answer, by column."""
    query = query_named(name)
    columns, rows = ask_clickhouse(client, query.sql, bound(query, given, NOW))
    return [dict(zip(columns, row, strict=True)) for row in rows]


def only(rows: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    """Those columns of the rows."""
    return [tuple(row[column] for column in columns) for row in rows]
