"""Tombstones: deletions for the keys that a finished copy did not find, made by ClickHouse from what it still has."""

from cdc.catalog.clickhouse_ddl import DELETED, INSERTED, STORED_TAIL, stored_columns, truncated
from cdc.catalog.model import CapturedTable, quoted
from cdc.catalog.parked_sql import has_letter

# History lies in the order of its keys: one at a time is looked at, however many there are.
IN_ORDER = "SETTINGS optimize_aggregation_in_order = 1"
_TIME = "fromUnixTimestamp64Micro({taken_us:Int64}, 'UTC')"


def gone(table: CapturedTable, kept: str) -> str:
    """The condition for rows of history that are the last ones of keys which a copy did not find, nor anything since.

    A key was gone if it was there before the copy, whose version is `{copied:UInt128}`, was not copied, and is not
    spoken of by the stream since, or first by an insert: what is deleted or updated was there when the copy began.
    What comes later does not change the answer, once the stream has passed `{passed:UInt128}`, the end of the copy.
    Left out is what went otherwise: by a TRUNCATE, or with a partition, which is no deletion; `kept` is true of rows in
    ranges that PostgreSQL keeps. Nor did a row go whose copy, or what came of it later, is parked.
    """
    key = ", ".join(quoted(column.name) for column in table.key_columns)
    found = (
        f"SELECT {key}, maxIf(_version, _version < {{copied:UInt128}}) AS _last FROM {table.history} GROUP BY {key}"
        f" HAVING _last > {truncated(table, ' AND version < {passed:UInt128}')}"
        f" AND argMaxIf(_op, _version, _version < {{copied:UInt128}}) != '{DELETED}'"
        " AND countIf(_version = {copied:UInt128}) = 0"
        f" AND argMinIf(_op, _version, _version > {{tombstone:UInt128}}) IN ('', '{INSERTED}')"
    )
    return f"({key}, _version) IN ({found}) AND {kept} AND NOT {has_letter(table, '{copied:UInt128}')}"


def count_gone(table: CapturedTable, kept: str) -> str:
    """How many keys have a tombstone of this copy, or need one."""
    return f"SELECT count() FROM {table.history} FINAL WHERE {gone(table, kept)} {IN_ORDER}"


def insert_tombstones(table: CapturedTable, kept: str) -> str:
    """Write a deletion with its last image, version `{tombstone:UInt128}`, for each key that is gone."""
    made = {
        "_version": "{tombstone:UInt128}",
        "_op": f"'{DELETED}'",
        "_xid": "{xid:UInt32}",
        "_commit_time": _TIME,
    }
    names = [name for name in stored_columns(table) if name not in STORED_TAIL]
    return (
        f"INSERT INTO {table.history} ({', '.join(map(quoted, [*names, '_raw', *made]))})"
        f" SELECT {', '.join(map(quoted, [*names, '_raw']))}, {', '.join(made.values())}"
        f" FROM {table.history} FINAL WHERE {gone(table, kept)} {IN_ORDER}"
    )
