"""Parked changes in the accounts of verify: what is a dead letter is not lost, though history does not hold it."""

from enum import StrEnum

from cdc.catalog.clickhouse_ddl import key_text
from cdc.catalog.model import CapturedTable, literal


class LetterState(StrEnum):
    """What has become of a dead letter."""

    PARKED = "parked"
    DISCARDED = "discarded"
    REDRIVEN = "redriven"


_NOT_STORED = f"state != '{LetterState.REDRIVEN}'"


def parked_changes(table: CapturedTable) -> str:
    """What letters say of a table's changes that history does not hold: op, epoch, LSN, commit time, xid.

    Those that were discarded are among them: that they are missing is known. A letter can be in history as well, where
    latest alone refused it.
    """
    letters = f"SELECT key, version, op, epoch, lsn, commit_time, xid FROM {_letters(table)}"
    held = (
        f"SELECT {_key_texts(table)}, _version FROM {table.history} WHERE _version IN (SELECT version FROM ({letters}))"
    )
    return f"SELECT op, epoch, lsn, commit_time, xid FROM ({letters}) WHERE (key, version) NOT IN ({held})"


def has_letter(table: CapturedTable, since: str) -> str:
    """The condition for rows whose key has a letter of version `since` or newer that was not stored."""
    return f"({_key_texts(table)} IN (SELECT key FROM {_letters(table)} AND version >= {since}))"


def _letters(table: CapturedTable) -> str:
    of_table = f'service = {literal(table.service)} AND "table" = {literal(table.name)}'
    return f"cdc.dead_letters FINAL WHERE {of_table} AND {_NOT_STORED}"


def _key_texts(table: CapturedTable) -> str:
    return f"[{', '.join(f'assumeNotNull({key_text(column)})' for column in table.key_columns)}]"


def letters_of_keys() -> str:
    """Key, its letters that are open, those discarded, the oldest's id and reason; for `{keys:Array(Array(String))}`.

    The table is `{service:String}` and `{table:String}`.
    """
    return (
        f"SELECT key, countIf(state = '{LetterState.PARKED}'), countIf(state = '{LetterState.DISCARDED}'),"
        f" argMin(id, version), argMin(if(state = '{LetterState.PARKED}', reason, note), version)"
        " FROM cdc.dead_letters FINAL"
        ' WHERE service = {service:String} AND "table" = {table:String} AND has({keys:Array(Array(String))}, key)'
        f" AND {_NOT_STORED} GROUP BY key"
    )
