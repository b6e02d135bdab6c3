"""A key's whole life: every version that history holds, who made it, and what it changed."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from clickhouse_connect.driver import Client

from analytics.captured import captured
from analytics.changes import NO_ROW, Actor, Change, Version, changes
from analytics.clickhouse import ask
from analytics.conditions import Condition, equal_to, key_as_typed, key_values
from analytics.errors import NothingFoundError
from cdc.catalog.clickhouse_ddl import canonical_text, key_text
from cdc.catalog.model import CapturedTable, ServiceCatalog, quoted

_HEAD = ("_version", "_op", "_commit_time")
_KEYS_NAMED = 3
_ACTOR = ("user_id", "correlation_id", "route", "reason")


def timeline(client: Client, table: CapturedTable, key: str, *, related: bool = False) -> tuple[Change, ...]:
    """The changes of one key, oldest first; `related` adds those of tables whose keys begin with the same column.

    key: the values of the key's columns as text, in the key's order, comma-separated. QuestionError where it is not
    one of this table's; NothingFoundError where no such row was ever captured.
    """
    values = key_values(table, key)
    found = _changes(client, table, equal_to(client, table, values))
    if not found:
        raise NothingFoundError(
            f"{table} never had a row with the key {key}, as far as was captured; {_newest_keys(client, table)}"
        )
    first = table.key[0]
    for other in related_tables(table, captured(client).service(table.service)) if related else ():
        found += _changes(client, other, equal_to(client, other, {first: values[first]}))
    # Versions of one service's tables come from one log, so they order its changes across tables too.
    return tuple(sorted(found, key=lambda change: change.version.number))


def _newest_keys(client: Client, table: CapturedTable) -> str:
    keys = ", ".join(key_text(column) for column in table.key_columns)
    _, rows = ask(client, f"SELECT {keys} FROM {table} ORDER BY _version DESC LIMIT {_KEYS_NAMED}", {})
    newest = "; ".join(key_as_typed(map(str, row)) for row in rows)
    return f"its newest keys ({','.join(table.key)}): {newest}" if rows else "it has no row now"


def related_tables(table: CapturedTable, catalog: ServiceCatalog) -> tuple[CapturedTable, ...]:
    """The other captured tables of the service whose keys begin with the same column of the same type."""
    others = (other for other in catalog.tables if other != table)
    return tuple(other for other in others if other.columns[0] == table.columns[0])


def _changes(client: Client, table: CapturedTable, condition: Condition) -> list[Change]:
    truncates = _truncates(client, table)
    by_key = groupby(_versions(client, table, condition), key=lambda version: version.key)
    found: list[Change] = []
    for key, versions in by_key:
        emptied = (_truncated(table, key, truncate) for truncate in truncates)
        found += changes(sorted([*versions, *emptied], key=lambda version: version.number))
    return found


def _versions(client: Client, table: CapturedTable, condition: Condition) -> list[Version]:
    texts = [*(key_text(c) for c in table.key_columns), *(canonical_text(c) for c in table.stored_values)]
    selected = ", ".join([*_HEAD, *(f"_{name}" for name in _ACTOR), *texts])
    order = ", ".join(quoted(name) for name in (*table.key, "_version"))
    query = f"SELECT {selected} FROM {table}_history WHERE {condition.sql} ORDER BY {order}"
    _, rows = ask(client, query, condition.parameters)
    return [_version(table, row) for row in rows]


def _version(table: CapturedTable, row: Sequence[Any]) -> Version:
    number, op, commit_time, user_id, correlation_id, route, reason, *texts = row
    image = {c.name: text for c, text in zip(table.stored_columns, texts, strict=True)}
    key = tuple(str(text) for text in texts[: len(table.key)])
    actor = _actor(user_id, correlation_id, route, reason)
    return Version(str(table), key, number, str(op), commit_time, actor, image)


def _truncates(client: Client, table: CapturedTable) -> list[Sequence[Any]]:
    in_transaction = " AND ".join(f"emptied.{name} = actor.{name}" for name in ("epoch", "commit_time", "xid"))
    query = (
        f"SELECT emptied.version, emptied.commit_time, {', '.join(f'actor.{name}' for name in _ACTOR)}"
        ' FROM (SELECT * FROM cdc.truncates FINAL WHERE service = {service:String} AND "table" = {name:String})'
        " AS emptied LEFT JOIN (SELECT * FROM cdc.actors FINAL WHERE service = {service:String}) AS actor"
        f" ON {in_transaction}"
    )
    return ask(client, query, {"service": table.service, "name": table.name})[1]


def _truncated(table: CapturedTable, key: tuple[str, ...], truncate: Sequence[Any]) -> Version:
    number, commit_time, *actor = truncate
    return Version(str(table), key, number, "t", commit_time, _actor(*actor), NO_ROW)


def _actor(*texts: object) -> Actor:
    # ClickHouse's left join gives empty texts where there is no actor.
    return Actor(*(str(text) or None for text in texts))
