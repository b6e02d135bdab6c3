"""One statement against PostgreSQL, for a test's arrangement and its look at the outcome."""

from collections.abc import Sequence
from contextlib import closing

import psycopg2

# Ends every other connection to the database, and returns once they are gone.
HANG_UP = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid()"
)


def run(url: str, statement: str, values: Sequence[object] | None = None) -> list[tuple[object, ...]]:
    """The rows of `statement`, committed, at a libpq or SQLAlchemy URL; no rows if it returns none."""
    address = url.replace("+asyncpg", "")
    with closing(psycopg2.connect(address)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []
