"""A table as it was at an instant, and the span of time that capture can speak for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clickhouse_connect.driver import Client

from analytics.clickhouse import ask
from analytics.conditions import equal_to
from analytics.errors import QuestionError
from analytics.instants import for_clickhouse, readable
from cdc.catalog.clickhouse_ddl import canonical_text, key_text, thinned_before
from cdc.catalog.model import CapturedTable, quoted


@dataclass(frozen=True)
class Rows:
    """Rows in the key's order, every value as PostgreSQL writes it; `more` where the limit left some out."""

    columns: tuple[str, ...]
    rows: list[Sequence[Any]]
    more: bool


@dataclass(frozen=True)
class Span:
    """The commit times between which a table's rows are known; None where nothing was captured yet."""

    since: datetime | None
    until: datetime | None


def as_of(client: Client, table: CapturedTable, at: datetime, where: Mapping[str, str], limit: int) -> Rows:
    """The rows that were there at `at`, as their newest commit until then left them; `_commit_time` is that commit's.

    where: columns and the values they must have; QuestionError for an unknown column or a value it cannot hold, and for
    an instant from which not all is kept any more.
    """
    since = kept_since(client, table)
    if since is not None and at < since:
        raise QuestionError(f"{table} is kept since {readable(since)} only: what it was before cannot be told any more")
    condition = equal_to(client, table, where)
    texts = [*(key_text(c) for c in table.key_columns), *(canonical_text(c) for c in table.stored_values)]
    query = (
        f"SELECT {', '.join(texts)}, _commit_time FROM {table}_as_of(at = {{at:DateTime64(6, 'UTC')}})"
        f" WHERE {condition.sql} ORDER BY {', '.join(map(quoted, table.key))} LIMIT {limit + 1}"
    )
    _, rows = ask(client, query, {**condition.parameters, "at": for_clickhouse(at)})
    columns = (*(column.name for column in table.stored_columns), "_commit_time")
    return Rows(columns, rows[:limit], len(rows) > limit)


def kept_since(client: Client, table: CapturedTable) -> datetime | None:
    """The instant before which superseded versions have left, None where none have."""
    _, [(since,)] = ask(client, f"SELECT {thinned_before(table)}", {})
    return None if since is None else since.replace(tzinfo=UTC)


def captured_span(client: Client, table: CapturedTable) -> Span:
    """Since when and until when the table's changes are in ClickHouse."""
    query = (
        f"SELECT (SELECT minOrNull(_commit_time) FROM {table.history}),"
        " (SELECT maxOrNull(commit_time) FROM cdc.progress WHERE service = {service:String})"
    )
    _, [(since, until)] = ask(client, query, {"service": table.service})
    return Span(since, until)
