"""A table as it was at an instant, and the span of time that capture can speak for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from clickhouse_connect.driver import Client

from analytics.clickhouse import ask, ask_typed
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


@dataclass(frozen=True)
class AsOf:
    """A table as it was at `at`: each row as its newest commit until then left it; `_commit_time` is that commit's.

    where: columns and the values they must have; limit: the most rows, None for all. To ask raises QuestionError for an
    unknown column or a value it cannot hold, and for an instant from which not all is kept any more.
    """

    table: CapturedTable
    at: datetime
    where: Mapping[str, str]
    limit: int | None

    def texts(self, client: Client) -> Rows:
        """The rows, every value as the text that PostgreSQL writes for it."""
        columns = self.table.stored_columns
        texts = [key_text(c) if c.name in self.table.key else canonical_text(c) for c in columns]
        query, parameters = self._query(client, [*texts, "_commit_time"], more=1)
        _, rows = ask(client, query, parameters)
        names = (*(column.name for column in columns), "_commit_time")
        return Rows(names, rows[: self.limit], self.limit is not None and len(rows) > self.limit)

    def typed(self, client: Client) -> pa.Table:
        """The rows with ClickHouse's types; `_raw` has the texts of what they cannot hold."""
        names = [*(quoted(column.name) for column in self.table.stored_columns), "_commit_time", "_raw"]
        return ask_typed(client, *self._query(client, names))

    def _query(self, client: Client, selected: Sequence[str], more: int = 0) -> tuple[str, dict[str, str]]:
        since = kept_since(client, self.table)
        if since is not None and self.at < since:
            raise QuestionError(
                f"{self.table} is kept since {readable(since)} only: what it was before cannot be told any more"
            )
        condition = equal_to(client, self.table, self.where)
        limited = "" if self.limit is None else f" LIMIT {self.limit + more}"
        query = (
            f"SELECT {', '.join(selected)} FROM {self.table}_as_of(at = {{at:DateTime64(6, 'UTC')}})"
            f" WHERE {condition.sql} ORDER BY {', '.join(map(quoted, self.table.key))}{limited}"
        )
        return query, {**condition.parameters, "at": for_clickhouse(self.at)}


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
