"""Changes of a database that is in use: all of them or none, and none that halts it."""

from collections.abc import Iterable

from psycopg2 import errorcodes, errors

from cdc.postgres import Connection

_LOCK_SECONDS = 10
_LOCK_TIMEOUT = errors.lookup(errorcodes.LOCK_NOT_AVAILABLE)


class TableInUseError(RuntimeError):
    """A table was locked by somebody else for too long; nothing was changed."""


def run_at_once(connection: Connection, statements: Iterable[str]) -> None:
    """Run the statements in one transaction. TableInUseError if a lock is not to be had.

    Everybody else waits behind a statement that waits for its lock, so a long transaction must not keep us waiting.
    """
    connection.autocommit = False
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
        for statement in statements:
            try:
                cursor.execute(statement)
            except _LOCK_TIMEOUT as error:
                raise TableInUseError(
                    f"nothing was changed in PostgreSQL: `{statement}` had not its lock after {_LOCK_SECONDS} s, since"
                    " a transaction uses the table; try again when it has ended (pg_stat_activity shows it)"
                ) from error
    connection.autocommit = True
