"""Tombstones: deletions for the keys that a finished copy did not find, made by ClickHouse from what it still has."""

from cdc.catalog.clickhouse_ddl import DELETED, STORED_TAIL, stored_columns, truncated
from cdc.catalog.model import CapturedTable, quoted
from cdc.catalog.parked_sql import has_letter

_TIME = "fromUnixTimestamp64Micro({taken_us:Int64}, 'UTC')"


def gone(table: CapturedTable, kept: str) -> str:
    """The condition for rows of latest that a copy with the version `{copied:UInt128}` did not find in the table.

    Left out is what went otherwise: by a deletion, by a TRUNCATE, or with a partition, which is no deletion; `kept` is
    true of rows in ranges that PostgreSQL keeps. Nor did a row go whose copy, or what came of it later, is parked.
    """
    older = f"_op != '{DELETED}' AND _version < {{copied:UInt128}} AND _version > {truncated(table)}"
    return f"{older} AND {kept} AND NOT {has_letter(table, '{copied:UInt128}')}"


def count_gone(table: CapturedTable, kept: str) -> str:
    """How many keys have a tombstone of this copy, or need one."""
    made = (
        f"_version = {{tombstone:UInt128}} AND _op = '{DELETED}' AND _xid = {{xid:UInt32}} AND _commit_time = {_TIME}"
    )
    return (
        f"SELECT (SELECT count() FROM {table.latest} FINAL WHERE {gone(table, kept)})"
        f" + (SELECT count() FROM {table.history} FINAL WHERE {made})"
    )


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
        f" FROM {table.latest} FINAL WHERE {gone(table, kept)}"
    )
