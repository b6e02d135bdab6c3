"""Check constraints of the same name that say something else than the models, which Alembic does not compare."""

from sqlalchemy import Connection, MetaData, text

_SCRATCH = "models_as_declared"
_CHECKS = text(
    "SELECT relname, conname, pg_get_constraintdef(c.oid) AS definition"
    " FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid"
    " WHERE contype = 'c' AND t.relnamespace = CAST(:schema AS regnamespace)"
)


def changed_check_constraints(connection: Connection, metadata: MetaData) -> list[str]:
    """One line per constraint whose condition differs; what the models say is tried in a schema that is rolled back.

    PostgreSQL rewrites conditions, so that only two of its own renderings can be compared.
    """
    there = _checks(connection, "public")
    with connection.begin_nested() as attempt:
        connection.exec_driver_sql(f"CREATE SCHEMA {_SCRATCH}")
        connection.exec_driver_sql(f"SET LOCAL search_path TO {_SCRATCH}")
        metadata.create_all(connection, checkfirst=False)
        wanted = _checks(connection, _SCRATCH)
        attempt.rollback()
    return [
        f"check constraint {name[1]} on {name[0]} is {there[name]} but the models say {wanted[name]}"
        for name in sorted(there.keys() & wanted.keys())
        if there[name] != wanted[name]
    ]


def _checks(connection: Connection, schema: str) -> dict[tuple[str, str], str]:
    rows = connection.execute(_CHECKS, {"schema": schema})
    return {(row.relname, row.conname): row.definition for row in rows}
