"""What PostgreSQL is asked about the shape of a table: the columns it sends, their types, its key, what is in them."""

from collections.abc import Iterable

from cdc.catalog.model import CapturedTable, literal, quoted
from cdc.catalog.type_names_sql import carried_type

# Not by PostgreSQL's own view of a publication: beside a revision that commits it tells of half of it, having looked at
# two moments. Generated columns are sent where the publication says so (PostgreSQL 18).
_IS_SENT = "attgenerated::text IN ('', coalesce(to_jsonb(p) ->> 'pubgencols', ''))"


def published_shapes(publication: str) -> str:
    """The query for every published table: schema, name, names and types of the columns sent, key, unreadable columns.

    The key is NULL for none, and for a deferrable one: what it keeps apart may meet within a transaction. Unreadable
    are the columns that whoever asks is not granted.
    """
    return (
        "SELECT nspname::text, relname::text, array_agg(attname::text ORDER BY attnum),"
        f" array_agg({carried_type('atttypid', 'atttypmod')} ORDER BY attnum), {_key_of('c.oid')},"
        " coalesce(array_agg(attname::text) FILTER (WHERE NOT has_column_privilege(c.oid, attnum, 'SELECT')), '{}')"
        " FROM pg_publication p JOIN pg_publication_rel ON prpubid = p.oid JOIN pg_class c ON c.oid = prrelid"
        " JOIN pg_namespace n ON n.oid = relnamespace"
        f" JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND {_IS_SENT}"
        f" WHERE pubname = {literal(publication)} GROUP BY nspname, relname, c.oid"
    )


def sent_types(table: CapturedTable) -> str:
    """The query for one row: the names of the types that are bound, whether the table is there, and its key if it is.

    Bound are arrays of OIDs and of modifiers; a type that is no more has no name. The key is as in `published_shapes`.
    """
    relation = f"to_regclass({literal(table.in_postgres)})"
    return (
        f"SELECT (SELECT array_agg({carried_type('number', 'modifier')} ORDER BY place)"
        " FROM unnest(%s::oid[], %s::integer[]) WITH ORDINALITY AS sent(number, modifier, place)),"
        f" {relation} IS NOT NULL, {_key_of(relation)}"
    )


def is_any_filled(table: CapturedTable, names: Iterable[str]) -> str:
    """The query for whether any row has a value in one of these columns."""
    filled = " OR ".join(f"{quoted(name)} IS DISTINCT FROM NULL" for name in names)
    return f"SELECT EXISTS (SELECT FROM {table.in_postgres} WHERE {filled})"


def was_any_filled(table: CapturedTable, names: Iterable[str]) -> str:
    """The same of ClickHouse: whether any version that is stored has a value in one of these columns."""
    filled = " OR ".join(f"isNotNull({quoted(name)}) OR mapContains(_raw, {literal(name)})" for name in names)
    return f"SELECT count() > 0 FROM (SELECT 1 FROM {table.history} WHERE {filled} LIMIT 1)"


def _key_of(relation: str) -> str:
    return (
        "(SELECT array_agg(attname::text ORDER BY place)"
        " FROM pg_index, unnest(indkey::int2[]) WITH ORDINALITY AS part(number, place), pg_attribute"
        f" WHERE indrelid = {relation} AND indisprimary AND indimmediate AND attrelid = indrelid AND attnum = number"
        " AND place <= indnkeyatts)"
    )
