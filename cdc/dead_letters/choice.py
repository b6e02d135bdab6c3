"""Which letters a command means: those of services, of tables, of one key, or named by their ids."""

import re
from collections.abc import Iterator, Sequence

from clickhouse_connect.driver import Client

from cdc.catalog.model import CapturedTable, CatalogError, ServiceCatalog
from cdc.catalog.parked_sql import LetterState
from cdc.dead_letters.letter_box import Chosen, letters_named

_ID = re.compile(r"[0-9a-f]{16}")
Letters = tuple[str, str, Chosen]


def chosen_letters(
    client: Client,
    catalogs: Sequence[ServiceCatalog],
    what: Sequence[str],
    key: tuple[str, ...],
    states: tuple[LetterState, ...],
) -> Iterator[Letters]:
    """Service, table and which of its letters, for each table meant.

    CatalogError for an unknown name or a key that is not of the table, UnknownLetterError for an unknown id.
    """
    for letter in letters_named(client, [each for each in what if _ID.fullmatch(each)]):
        yield letter.service, letter.table, Chosen(states, ids=(letter.letter_id,))
    for table in _tables(catalogs, what):
        yield table.service, table.name, Chosen(states, key=_key_of(table, key))


def chosen_keys(
    client: Client, catalogs: Sequence[ServiceCatalog], what: Sequence[str], key: tuple[str, ...]
) -> Iterator[tuple[CapturedTable, tuple[str, ...]]]:
    """Each table meant, and the key that is meant of it, () for all; a letter's id means its key. Errors as above."""
    for letter in letters_named(client, [each for each in what if _ID.fullmatch(each)]):
        [table] = _tables(catalogs, [f"{letter.service}.{letter.table}"])
        yield table, letter.key_texts
    for table in _tables(catalogs, what):
        yield table, _key_of(table, key)


def _tables(catalogs: Sequence[ServiceCatalog], what: Sequence[str]) -> Iterator[CapturedTable]:
    known = {str(table): [table] for catalog in catalogs for table in catalog.tables}
    known |= {catalog.service: list(catalog.tables) for catalog in catalogs}
    names = [each for each in what if not _ID.fullmatch(each)] if what else [each.service for each in catalogs]
    for name in names:
        if name not in known:
            raise CatalogError(
                f"{name!r} is neither a letter's id (16 digits, as `dead-letters list` shows them) nor a service or"
                f" captured table: {', '.join(sorted(known))}"
            )
        yield from known[name]


def _key_of(table: CapturedTable, key: tuple[str, ...]) -> tuple[str, ...]:
    if key and len(key) != len(table.key):
        raise CatalogError(f"{table} has the key columns {', '.join(table.key)}: give --key once for each of them")
    return key
