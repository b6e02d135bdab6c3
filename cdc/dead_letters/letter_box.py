"""The letter box: what `cdc.dead_letters` in ClickHouse holds, written and read."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clickhouse_connect.driver import Client

from cdc.batch import Rows
from cdc.catalog.model import CapturedTable
from cdc.catalog.parked_sql import LetterState
from cdc.clickhouse import insert, rows_of
from cdc.dead_letters.letter import COLUMNS, Letter, key_of, key_texts
from cdc.slices import slices

_PAGE_LETTERS, _PAGE_BYTES = 1_000, 16 << 20
_OF_TABLE = 'service = {service:String} AND "table" = {table:String}'
_OPEN = f"state = '{LetterState.PARKED}'"

_LETTER = 'service, "table", key, columns, base64Encode(row), refused, reason, state, note'


class UnknownLetterError(LookupError):
    """No letter has that id."""


@dataclass(frozen=True)
class Chosen:
    """Which letters of a table are meant: in these states, and of one key or with one of some ids if given."""

    states: tuple[LetterState, ...] = (LetterState.PARKED,)
    key: tuple[str, ...] = ()
    ids: tuple[str, ...] = field(default=())

    @property
    def condition(self) -> str:
        """The condition on letters."""
        wanted = ["has({states:Array(String)}, state)"]
        if self.key:
            wanted.append("key = {chosen_key:Array(String)}")
        if self.ids:
            wanted.append("has({ids:Array(String)}, id)")
        return " AND ".join(wanted)

    @property
    def parameters(self) -> dict[str, object]:
        """What the condition binds."""
        return {"states": list(self.states), "chosen_key": list(self.key), "ids": list(self.ids)}


def write(client: Client, letters: Sequence[Letter]) -> None:
    """Store letters as they are now; durable when this returns."""
    if letters:
        rows = Rows(len(letters), b"".join(letter.encoded for letter in letters))
        insert(client, "cdc.dead_letters", COLUMNS, rows)


def open_tables(client: Client, service: str) -> dict[str, int]:
    """How many open letters each table of a service has; tables without one are left out."""
    query = f'SELECT "table", count() FROM cdc.dead_letters FINAL WHERE service = {{service:String}} AND {_OPEN}'
    return {str(table): int(count) for table, count in rows_of(client, f"{query} GROUP BY 1", {"service": service})}


def open_keys(client: Client, table: CapturedTable) -> Iterator[bytes]:
    """The key of each open letter, each key once, read as they are taken."""
    query = f"SELECT key FROM cdc.dead_letters FINAL WHERE {_OF_TABLE} AND {_OPEN} GROUP BY key"
    return (key_of(tuple(key)) for (key,) in _streamed(client, query, _named(table)))


def oldest_open(client: Client, table: CapturedTable, keys: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """Each of these keys that has an open letter, with its oldest open letter's version."""
    query = (
        f"SELECT key, min(version) FROM cdc.dead_letters FINAL WHERE {_OF_TABLE} AND {_OPEN}"
        " AND key IN {keys:Array(Array(String))} GROUP BY key"
    )
    for some in slices(list(key_texts(key)) for key in keys):
        for key, version in rows_of(client, query, {**_named(table), "keys": some}):
            yield key_of(tuple(key)), int(version)


def newest_refused(client: Client, table: CapturedTable, limit: int) -> set[tuple[bytes, int]]:
    """Key and version of refused changes, still open, than which nothing newer of the table was stored."""
    query = (
        f"SELECT key, version FROM cdc.dead_letters FINAL WHERE {_OF_TABLE} AND {_OPEN} AND refused"
        f" AND version > (SELECT max(_version) FROM {table.history}) LIMIT {{limit:UInt32}}"
    )
    found = rows_of(client, query, {**_named(table), "limit": limit})
    return {(key_of(tuple(key)), int(version)) for key, version in found}


def pages(client: Client, service: str, table: str, chosen: Chosen) -> Iterator[list[Letter]]:
    """The letters chosen, by key and the age of their changes, a page at a time: 1,000 letters, or 16 MiB of rows.

    A letter that is parked meanwhile may be among them or not.
    """
    parameters = {**chosen.parameters, "service": service, "table": table}
    after: tuple[list[str], int] = ([], 0)
    while True:
        last = {"last_key": after[0], "last_version": after[1]}
        page = [_letter(row) for row in rows_of(client, _page(chosen), {**parameters, **last})]
        if not page:
            return
        after = (list(page[-1].key_texts), page[-1].head.version)
        yield page


def letters_named(client: Client, ids: Sequence[str]) -> list[Letter]:
    """The letters of these ids, in the ids' order; UnknownLetterError names one that is not there."""
    return [_letter_named(client, each) for each in ids]


def _letter_named(client: Client, letter_id: str) -> Letter:
    query = f"SELECT {_LETTER} FROM cdc.dead_letters FINAL WHERE id = {{id:String}}"
    found = rows_of(client, query, {"id": letter_id})
    if not found:
        raise UnknownLetterError(
            f"no dead letter has the id {letter_id!r}; `python -m cdc dead-letters list --all` shows all"
        )
    return _letter(found[0])


def _page(chosen: Chosen) -> str:
    behind = "(key > {last_key:Array(String)} OR (key = {last_key:Array(String)} AND version > {last_version:UInt128}))"
    first = (
        f"SELECT *, sum(length(row)) OVER (ORDER BY key, version) - length(row) AS bytes_before FROM"
        f" (SELECT * FROM cdc.dead_letters FINAL WHERE {_OF_TABLE} AND {behind} AND {chosen.condition}"
        f" ORDER BY key, version LIMIT {_PAGE_LETTERS})"
    )
    return f"SELECT {_LETTER} FROM ({first}) WHERE bytes_before < {_PAGE_BYTES} ORDER BY key, version"


def _letter(row: Sequence[Any]) -> Letter:
    service, table, key, columns, body, refused, reason, state, note = row
    return Letter(
        service=service,
        table=table,
        key_texts=tuple(key),
        columns=tuple(columns),
        row=base64.b64decode(body),
        refused=bool(refused),
        reason=reason,
        state=LetterState(state),
        note=note,
    )


def _named(table: CapturedTable) -> dict[str, object]:
    return {"service": table.service, "table": table.name}


def _streamed(client: Client, query: str, parameters: Mapping[str, Any]) -> Iterator[Iterable[Any]]:
    with client.query_rows_stream(query, parameters=dict(parameters)) as found:
        yield from found
