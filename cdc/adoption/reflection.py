"""Reads a database's catalogs, in one transaction that changes nothing: PostgreSQL's own words, no type guessed."""

from collections.abc import Sequence
from typing import Any

from cdc.adoption.facts import FoundColumn, FoundTable, Part, Reader, Server
from cdc.catalog.postgres_ddl import PUBLICATION
from cdc.catalog.type_names_sql import carried_type, made_of
from cdc.postgres import Connection, rows

_SERVER = """
SELECT current_database()::text, (SELECT system_identifier FROM pg_control_system()),
    current_setting('server_version_num')::integer, current_setting('wal_level'), pg_is_in_recovery(),
    (SELECT pg_encoding_to_char(encoding)::text FROM pg_database WHERE datname = current_database()),
    current_setting('max_replication_slots')::integer - (SELECT count(*) FROM pg_replication_slots),
    current_setting('max_wal_senders')::integer
        - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender'),
    current_user::text, has_database_privilege(current_database(), 'CREATE'),
    (SELECT pg_get_userbyid(pubowner)::text FROM pg_publication WHERE pubname = %s)
"""
_READER = """
SELECT rolreplication OR rolsuper, rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = %s
"""
# Relations that somebody made: neither PostgreSQL's nor an extension's, and no partition of another.
_EVERY_TABLE = """
SELECT c.oid::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relpersistence != 't'
    AND nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_toast'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
ORDER BY nspname, relname
"""
_NAME = (
    "SELECT nspname::text, relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = %s"
)
_NAMED = "format('%%I.%%I', nspname, relname)"
_TABLE = """
SELECT nspname::text, relname::text, pg_get_userbyid(relowner)::text,
    CASE WHEN relispartition THEN (SELECT format('%%I.%%I', rn.nspname, r.relname) FROM pg_class r
        JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE r.oid = pg_partition_root(c.oid)) END,
    relkind != 'p' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid),
    ARRAY(SELECT attname::text FROM pg_index, unnest(indkey::int2[]) WITH ORDINALITY AS part(number, place)
        JOIN pg_attribute ON attrelid = c.oid AND attnum = number
        WHERE indrelid = c.oid AND indisprimary AND place <= indnkeyatts ORDER BY place),
    EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary AND NOT indimmediate),
    (SELECT format('%%I', ic.relname) FROM pg_index i JOIN pg_class ic ON ic.oid = indexrelid
        WHERE indrelid = c.oid AND indisunique AND indimmediate AND indisvalid AND NOT indisprimary
        AND indpred IS NULL AND indexprs IS NULL AND NOT EXISTS (
            SELECT FROM pg_attribute WHERE attrelid = c.oid AND attnum = ANY (indkey) AND NOT attnotnull)
        ORDER BY indnkeyatts, ic.relname LIMIT 1),
    relrowsecurity AND (relforcerowsecurity OR NOT pg_has_role(%(reader)s, relowner, 'USAGE')),
    pg_has_role(relowner, 'USAGE'),
    has_schema_privilege(%(reader)s, n.oid, 'USAGE'),
    ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
        AND has_column_privilege(%(reader)s, c.oid, attnum, 'SELECT'))
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = %(oid)s
"""
_TABLE_FIELDS = (
    *("schema", "name", "owner", "root", "inherited", "key", "deferrable", "spare_index", "row_security", "owned"),
    *("usable", "readable"),
)
_COLUMNS = f"""
SELECT attname::text, {carried_type("atttypid", "atttypmod")}, coalesce({made_of("atttypid")}, '{{}}'),
    attgenerated::text
FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_PARTS = """
SELECT format('%%I.%%I', nspname, relname), relkind::text, relpersistence::text, relreplident::text,
    (SELECT format('%%I', ic.relname) FROM pg_index JOIN pg_class ic ON ic.oid = indexrelid
        WHERE indrelid = c.oid AND indisreplident)
FROM (SELECT %(oid)s::oid AS relid, -1 AS level
    UNION SELECT relid, level FROM pg_partition_tree(%(oid)s::oid::regclass) WHERE relid != %(oid)s::oid) AS part
JOIN pg_class c ON c.oid = relid JOIN pg_namespace n ON n.oid = relnamespace ORDER BY level, 1
"""


class UnknownTableError(ValueError):
    """A name that was given is no table's; the message lists those that are there."""


def server(connection: Connection) -> Server:
    """The database that the connection is to, and its server."""
    return Server(*rows(connection, _SERVER, PUBLICATION)[0])


def reader(connection: Connection, name: str) -> Reader:
    """The role called `name`."""
    found = rows(connection, _READER, name)
    return Reader(name, True, *found[0]) if found else Reader(name, False, False, False)


def found_tables(connection: Connection, names: Sequence[str], reader_name: str) -> tuple[FoundTable, ...]:
    """The tables that `names` give as SQL would, `orders` or `sales."Order lines"`; every one if none is given.

    `sales.*` is every table of a schema. UnknownTableError for a name that is no relation's.
    """
    numbers = [number for name in names for number in _named(connection, name)] if names else _all(connection)
    return tuple(_found(connection, number, reader_name) for number in dict.fromkeys(numbers))


def exclusions(connection: Connection, texts: Sequence[str]) -> dict[tuple[str, str], frozenset[str]]:
    """The columns to leave out by schema and name of their table; each is named as SQL would, `sales.orders.note`."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for text in texts:
        [(parts,)] = rows(connection, "SELECT parse_ident(%s)", text)
        [(relation,)] = rows(
            connection, "SELECT array_to_string(ARRAY(SELECT quote_ident(part) FROM unnest(%s) part), '.')", parts[:-1]
        )
        for oid in _named(connection, relation or text):
            [name] = rows(connection, _NAME, oid)
            found[name] = found.get(name, frozenset()) | {parts[-1]}
    return found


def _all(connection: Connection, schema: str | None = None) -> list[int]:
    of_schema = "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = %s"
    within = {oid for (oid,) in rows(connection, of_schema, schema)} if schema else None
    return [oid for (oid,) in rows(connection, _EVERY_TABLE) if within is None or oid in within]


def _named(connection: Connection, name: str) -> list[int]:
    if name.endswith(".*"):
        [(parts,)] = rows(connection, "SELECT parse_ident(%s)", name.removesuffix(".*"))
        if numbers := _all(connection, parts[0]):
            return numbers
    else:
        [(number,)] = rows(connection, "SELECT to_regclass(%s)::oid::bigint", name)
        if number is not None:
            return [number]
    query = f"SELECT {_NAMED} FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = %s"
    known = [rows(connection, query, oid)[0][0] for oid in _all(connection)]
    raise UnknownTableError(f"no table is called {name}; tables of this database: {', '.join(known) or 'none'}")


def _found(connection: Connection, oid: int, reader_name: str) -> FoundTable:
    with connection.cursor() as cursor:
        cursor.execute(_TABLE, {"oid": oid, "reader": reader_name})
        found: dict[str, Any] = dict(zip(_TABLE_FIELDS, cursor.fetchall()[0], strict=True))
        cursor.execute(_PARTS, {"oid": oid})
        parts = tuple(Part(*row) for row in cursor.fetchall())
    columns = tuple(
        FoundColumn(column, kind, tuple(below), generated)
        for column, kind, below, generated in rows(connection, _COLUMNS, oid)
    )
    key, readable = tuple(found.pop("key")), frozenset(found.pop("readable"))
    return FoundTable(**found, key=key, readable=readable, columns=columns, parts=parts)
