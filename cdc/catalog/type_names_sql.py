"""How a column's type is named everywhere in capture: asked of PostgreSQL, which alone knows what a database defines.

PostgreSQL's own types go by the name that `format_type` gives them, `numeric(12,2)`. A domain is the type that it is
over, an array that of its elements and `[]`, and what a database or an extension defines goes by kind, schema and name:
`enum public.mood`, `composite`, `range`, `multirange`, `base` (of an extension).
"""

_KIND = "CASE typtype WHEN 'e' THEN 'enum' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range' WHEN 'm' THEN 'multirange'"
_DEFINED = f"{_KIND} ELSE 'base' END || ' ' || quote_ident(nspname) || '.' || quote_ident(typname)"
# An array proper: int2vector and its like have elements too, but are types of their own.
_IS_ARRAY = (
    "(typelem != 0 AND kind.oid = (SELECT element.typarray FROM pg_type element WHERE element.oid = kind.typelem))"
)


def carried_type(oid: str, modifier: str) -> str:
    """The SQL expression for the name that `rule_for` takes, of a type's oid and a column's type modifier."""
    return (
        f"(WITH RECURSIVE inner_type(number, modifier, brackets) AS (SELECT {oid}::oid, {modifier}::integer, ''"
        f" UNION ALL SELECT CASE typtype WHEN 'd' THEN typbasetype ELSE typelem END,"
        " CASE WHEN typtype = 'd' THEN typtypmod ELSE modifier END,"
        " CASE WHEN typtype = 'd' THEN brackets ELSE brackets || '[]' END"
        f" FROM inner_type JOIN pg_type kind ON kind.oid = number WHERE typtype = 'd' OR {_IS_ARRAY})"
        " SELECT CASE nspname WHEN 'pg_catalog' THEN format_type(kind.oid, modifier)"
        f" ELSE {_DEFINED} END || brackets FROM inner_type JOIN pg_type kind ON kind.oid = number"
        f" JOIN pg_namespace n ON n.oid = typnamespace WHERE typtype != 'd' AND NOT {_IS_ARRAY})"
    )


def made_of(oid: str) -> str:
    """The SQL expression for the names of PostgreSQL's own types that values of a type consist of, as an array."""
    return (
        f"(WITH RECURSIVE part(number) AS (SELECT {oid}::oid UNION SELECT below.number FROM part"
        " JOIN pg_type kind ON kind.oid = part.number, LATERAL ("
        "SELECT typbasetype WHERE typtype = 'd' UNION ALL SELECT typelem WHERE typtype = 'b' AND typcategory = 'A'"
        " UNION ALL SELECT rngsubtype FROM pg_range WHERE kind.oid IN (rngtypid, rngmultitypid)"
        " UNION ALL SELECT atttypid FROM pg_attribute WHERE typtype = 'c' AND attrelid = typrelid AND attnum > 0"
        " AND NOT attisdropped) AS below(number))"
        " SELECT array_agg(format_type(number, NULL) ORDER BY 1) FROM part JOIN pg_type kind ON kind.oid = number"
        " WHERE typnamespace = 'pg_catalog'::regnamespace AND typcategory != 'A')"
    )
