"""ClickHouse's schema: what the catalog wants, compared with what is there, applied in small steps and recorded.

Every step can be repeated: an upgrade that was cut off is finished by the next one. The ledger keeps, for each object,
the statement that was wanted and the definition ClickHouse then showed, so that a change by hand is told from a change
of the catalog.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from clickhouse_connect.driver import Client

from cdc.catalog.clickhouse_object import ClickHouseObject, Kind

_LEDGER = (
    "CREATE TABLE IF NOT EXISTS cdc.schema_ledger (object String, wanted String, statement String, shown String,"
    " applied_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')) ENGINE = MergeTree ORDER BY (object, applied_at)"
)
_SETTINGS = "\nSETTINGS "


class SchemaConflictError(RuntimeError):
    """An object differs from the catalog in a way that no step here mends; the message names it and both forms."""


class State(Enum):
    """How an object stands to the catalog."""

    CURRENT = "up to date"
    MISSING = "missing"
    OUTDATED = "behind the catalog"
    ALTERED = "changed by hand"


@dataclass(frozen=True)
class ObjectState:
    """One object and how it stands."""

    wanted: ClickHouseObject
    state: State


def compare(client: Client, wanted: Iterable[ClickHouseObject]) -> tuple[ObjectState, ...]:
    """How each wanted object stands in ClickHouse."""
    shown, recorded = _shown(client), _recorded(client)
    return tuple(ObjectState(each, _state(each, shown, recorded)) for each in wanted)


def upgrade(client: Client, wanted: Iterable[ClickHouseObject]) -> tuple[ObjectState, ...]:
    """Bring ClickHouse to what is wanted; what was not there before. SchemaConflictError where no step leads there."""
    objects = tuple(wanted)
    for database in sorted({"cdc", *(each.database for each in objects), *(_readable(each) for each in objects)}):
        client.command(f"CREATE DATABASE IF NOT EXISTS {database}")
    client.command(_LEDGER)
    changed = tuple(found for found in compare(client, objects) if found.state is not State.CURRENT)
    for found in changed:
        for statement in _steps(client, found):
            client.command(statement)
        _require_mended(client, found)
        _record(client, found.wanted)
    return changed


def is_durable(client: Client) -> bool:
    """Whether the tables that are there answer an insert once it is on disk: what is added must do as they do."""
    return "fsync_after_insert = 1" in _definition(client, "cdc.transactions")


def _require_mended(client: Client, found: ObjectState) -> None:
    """What was changed by hand must be as it was recorded: not every change can be told from the columns alone."""
    if found.state is State.ALTERED and found.wanted.kind is Kind.TABLE:
        now, recorded = _definition(client, found.wanted.name), _recorded(client)[found.wanted.name][1]
        if now != recorded:
            raise SchemaConflictError(f"{found.wanted.name} was changed by hand; it is\n{now}\nand was\n{recorded}")


def _readable(wanted: ClickHouseObject) -> str:
    return wanted.database.removesuffix("_store")


def _state(wanted: ClickHouseObject, shown: dict[str, str], recorded: dict[str, tuple[str, str]]) -> State:
    if wanted.name not in shown:
        return State.MISSING
    statement_hash, definition = recorded.get(wanted.name, ("", ""))
    if statement_hash != _hash(wanted.create):
        return State.OUTDATED
    return State.CURRENT if definition == shown[wanted.name] else State.ALTERED


def _steps(client: Client, found: ObjectState) -> Iterator[str]:
    wanted = found.wanted
    if found.state is State.MISSING or wanted.kind is Kind.VIEW:
        yield wanted.create
    elif wanted.kind is Kind.MATERIALIZED_VIEW:
        _require_same_target(client, wanted)
        yield f"ALTER TABLE {wanted.name} MODIFY QUERY {wanted.select}"
    else:
        _require_same_engine(client, wanted)
        yield from _new_columns(client, wanted)
        if wanted.settings:
            yield f"ALTER TABLE {wanted.name} MODIFY SETTING {wanted.assigned_settings}"
        if surplus := _settings_once_wanted(client, wanted) - set(wanted.settings):
            yield f"ALTER TABLE {wanted.name} RESET SETTING {', '.join(sorted(surplus))}"


def _require_same_engine(client: Client, wanted: ClickHouseObject) -> None:
    """Neither the catalog may want another engine than the table was made with, nor the table have another by now."""
    shown = _definition(client, wanted.name)
    made_by, shown_then = _last_made(client, wanted) or (wanted.create, shown)
    if made_by.rpartition("\n)\n")[2].split(_SETTINGS)[0] != wanted.tail:
        raise SchemaConflictError(f"{wanted.name} should have `{wanted.tail}` but was created otherwise:\n{made_by}")
    if _engine(shown) != _engine(shown_then):
        raise SchemaConflictError(f"{wanted.name} should have `{wanted.tail}` but has `{_engine(shown)}` by now")


def _last_made(client: Client, wanted: ClickHouseObject) -> tuple[str, str] | None:
    """The statement that was wanted last and the definition that then was shown, None if nothing was recorded."""
    found = client.query(
        "SELECT argMax(tuple(statement, shown), applied_at) FROM cdc.schema_ledger"
        " WHERE object = {name:String} HAVING count() > 0",
        parameters={"name": wanted.name},
    ).result_rows
    return (str(found[0][0][0]), str(found[0][0][1])) if found else None


def _settings_once_wanted(client: Client, wanted: ClickHouseObject) -> set[str]:
    """The names of the settings that a table was given when it was last brought to what was wanted."""
    statement, _ = _last_made(client, wanted) or ("", "")
    _, _, assigned = statement.rpartition("\n)\n")[2].partition(_SETTINGS)
    return {each.partition(" = ")[0].strip() for each in assigned.split(",") if each.strip()}


def _require_same_target(client: Client, wanted: ClickHouseObject) -> None:
    """A materialized view's query can be changed, but not where its rows go."""
    shown = _definition(client, wanted.name)
    target = _target(shown)
    if target != wanted.tail:
        raise SchemaConflictError(
            f"{wanted.name} should go `{wanted.tail}` but goes `{target or 'nowhere of its own'}`: stop capture, drop"
            " the view, upgrade again, which makes it anew, and copy anew what was missed (`cdc resnapshot`); it is"
            f"\n{shown}"
        )


def _target(definition: str) -> str:
    """Where a materialized view's rows go in its definition as ClickHouse shows it, "" if into a table within it."""
    _, word, rest = definition.partition(" AS ")[0].partition(" TO ")
    return f"{word.strip()} {rest.split()[0].replace('`', '')}" if word else ""


def _engine(definition: str) -> str:
    """Engine, order and partition in a definition as ClickHouse shows it, which is one line."""
    _, word, rest = definition.partition(" ENGINE = ")
    return f"{word.strip()} {rest.partition(' SETTINGS ')[0]}"


def _new_columns(client: Client, wanted: ClickHouseObject) -> Iterator[str]:
    there = _columns(client, wanted.name)
    for name, definition in wanted.columns.items():
        kind = definition.split(" DEFAULT ")[0]
        if name not in there:
            yield f'ALTER TABLE {wanted.name} ADD COLUMN IF NOT EXISTS "{name}" {definition}'
        elif _plain(there[name]) != _plain(kind):
            raise SchemaConflictError(
                f"{wanted.name}: column {name} is {there[name]} and should be {kind}; a stored column is never retyped"
            )
    surplus = set(there) - set(wanted.columns)
    if surplus:
        raise SchemaConflictError(
            f"{wanted.name} has columns that the catalog does not know: {', '.join(sorted(surplus))}"
        )


def _columns(client: Client, name: str) -> dict[str, str]:
    database, table = name.split(".")
    found = client.query(
        "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String}",
        parameters={"database": database, "table": table},
    )
    return {str(column): str(kind) for column, kind in found.result_rows}


def _plain(kind: str) -> str:
    # ClickHouse shows the names within a tuple in quotes of its own, or in none.
    return re.sub('[ "`]', "", kind)


def _shown(client: Client) -> dict[str, str]:
    found = client.query(
        "SELECT concat(database, '.', name), create_table_query FROM system.tables"
        " WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')"
    )
    return {str(name): str(definition) for name, definition in found.result_rows}


def _definition(client: Client, name: str) -> str:
    """One object's definition: to show all of them for each one would take long where there are many."""
    database, _, table = name.partition(".")
    found = client.query(
        "SELECT create_table_query FROM system.tables WHERE database = {database:String} AND name = {table:String}",
        parameters={"database": database, "table": table},
    )
    return str(found.result_rows[0][0])


def _recorded(client: Client) -> dict[str, tuple[str, str]]:
    if not client.command("EXISTS TABLE cdc.schema_ledger"):
        return {}
    found = client.query(
        "SELECT object, argMax(tuple(wanted, shown), applied_at) FROM cdc.schema_ledger GROUP BY object"
    )
    return {str(name): (str(recorded[0]), str(recorded[1])) for name, recorded in found.result_rows}


def _record(client: Client, wanted: ClickHouseObject) -> None:
    row = {
        "object": wanted.name,
        "wanted": _hash(wanted.create),
        "statement": wanted.create,
        "shown": _definition(client, wanted.name),
    }
    # The driver's own insert loads pandas and Arrow, and capture records what it follows.
    body = json.dumps(row).encode()
    client.raw_insert("cdc.schema_ledger", list(row), body, fmt="JSONEachRow", settings={"async_insert": 0})


def _hash(statement: str) -> str:
    return hashlib.sha256(statement.encode()).hexdigest()
