"""Tombstones: deletions for the keys that a finished copy did not find, made by ClickHouse from what it still has."""

from cdc.catalog.clickhouse_ddl import DELETED, INSERTED, STORED_TAIL, stored_columns, truncated
from cdc.catalog.model import CapturedTable, quoted
from cdc.catalog.parked_sql import has_letter

_TIME = "fromUnixTimestamp64Micro({taken_us:Int64}, 'UTC')"
_OWN = f"_op = '{DELETED}' AND _xid = {{xid:UInt32}} AND _commit_time = {_TIME}"


def count_gone(table: CapturedTable, kept: str) -> str:
    """How many keys have a tombstone of this copy, or need one; `kept` as `insert_tombstones` has it."""
    return f"SELECT count() FROM (SELECT {_key(table)} FROM ({_gone(table, kept)}) UNION DISTINCT {_told(table)})"


def count_told(table: CapturedTable) -> str:
    """How many keys have a tombstone of this copy."""
    return f"SELECT count() FROM ({_told(table)})"


def insert_tombstones(table: CapturedTable, kept: str) -> str:
    """Write a deletion with its last image, version `{tombstone:UInt128}`, for each key that is gone.

    A key was gone if it was there before the copy, whose version is `{copied:UInt128}`, was not copied, and is not
    spoken of by the stream since, or first by an insert: what is deleted or updated was there when the copy began.
    Left out is what went otherwise: by a TRUNCATE, or with a partition, which is no deletion; `kept` is true of rows in
    ranges that PostgreSQL keeps. Nor did a row go whose copy, or what came of it later, is parked.
    """
    made = {
        "_version": "{tombstone:UInt128}",
        "_op": f"'{DELETED}'",
        "_xid": "{xid:UInt32}",
        "_commit_time": _TIME,
    }
    names = ", ".join(map(quoted, _images(table)))
    return (
        f"INSERT INTO {table.history} ({names}, {', '.join(map(quoted, made))})"
        f" SELECT {names}, {', '.join(made.values())} FROM ({_gone(table, kept)})"
    )


def _gone(table: CapturedTable, kept: str) -> str:
    """The last image before the copy of each key that is gone: from latest, or where it came again, from history."""
    names = ", ".join(map(quoted, _images(table)))
    where = f"{kept} AND NOT {has_letter(table, '{copied:UInt128}')}"
    still = f"_op != '{DELETED}' AND _version < {{copied:UInt128}} AND _version > {_truncated(table)}"
    return (
        f"SELECT {names} FROM {table.latest} FINAL WHERE {still} AND {where}"
        f" UNION ALL SELECT {names} FROM {table.history} FINAL WHERE ({_key(table)}, _version) IN ({_again(table)})"
        f" AND {where}"
    )


def _again(table: CapturedTable) -> str:
    """Key, and version of the last image before the copy, of what was gone and is spoken of again."""
    changed = f"SELECT {_key(table)} FROM {table.latest} FINAL WHERE _version > {{tombstone:UInt128}}"
    # A deletion may have the very position at which the copy began.
    found = f"_version = {{copied:UInt128}} OR _version = {{tombstone:UInt128}} AND NOT ({_OWN})"
    return (
        f"SELECT {_key(table)}, maxIf(_version, _version < {{copied:UInt128}}) AS _last FROM {table.history}"
        f" WHERE ({_key(table)}) IN ({changed}) GROUP BY {_key(table)} HAVING _last > {_truncated(table)}"
        f" AND argMaxIf(_op, _version, _version < {{copied:UInt128}}) != '{DELETED}' AND countIf({found}) = 0"
        f" AND argMinIf(_op, _version, _version > {{tombstone:UInt128}}) = '{INSERTED}'"
    )


def _told(table: CapturedTable) -> str:
    return f"SELECT {_key(table)} FROM {table.history} FINAL WHERE _version = {{tombstone:UInt128}} AND {_OWN}"


def _truncated(table: CapturedTable) -> str:
    return truncated(table, " AND version < {passed:UInt128}")


def _images(table: CapturedTable) -> list[str]:
    return [*(name for name in stored_columns(table) if name not in STORED_TAIL), "_raw"]


def _key(table: CapturedTable) -> str:
    return ", ".join(quoted(column.name) for column in table.key_columns)
