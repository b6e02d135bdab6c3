"""Differences that dead letters explain: a key that differs because a change of it is parked is said to be such."""

from collections.abc import Iterable
from dataclasses import replace

from clickhouse_connect.driver import Client

from cdc.catalog.model import CapturedTable
from cdc.catalog.parked_sql import letters_of_keys
from cdc.clickhouse import rows_of
from cdc.verify.difference import Difference, letters_sentence


def name_letters(table: CapturedTable, client: Client, differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """The differences; those of keys with letters that are open or were discarded say so, and say why."""
    found = tuple(differences)
    keys = {key for key in map(_key, found) if len(key) == len(table.key)}
    if not keys:
        return found
    parameters = {"service": table.service, "table": table.name, "keys": list(map(list, keys))}
    sentences = {
        tuple(key): letters_sentence(str(table), int(parked), int(discarded), oldest, reason)
        for key, parked, discarded, oldest, reason in rows_of(client, letters_of_keys(), parameters)
    }
    return tuple(
        replace(each, what=f"{each.what}; {sentences[_key(each)]}") if _key(each) in sentences else each
        for each in found
    )


def _key(difference: Difference) -> tuple[str, ...]:
    return tuple(text or "" for text in difference.key.values())
