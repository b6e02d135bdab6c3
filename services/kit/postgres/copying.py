"""COPY: many rows in one statement of the session's transaction, announced, timed and explained like any other.

SQLAlchemy has no COPY. What is executed here takes the way of every statement, so that whoever watches the engine sees
it, and only where it would reach the cursor is the driver asked to copy instead.
"""

from collections.abc import Sequence
from typing import Any, Literal

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import Engine, Table, event
from sqlalchemy.engine import AdaptedConnection, ExecutionContext
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.ext.asyncio import AsyncSession

from services.kit.errors import ValidationFailedError

_ROWS = "copied_rows"


async def copy_rows(session: AsyncSession, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Append the rows, each with a value for every column; errors are those of an INSERT.

    The session is one of `Database`: its transaction begins with the actor's message, before anything is copied.
    """
    connection = await session.connection()
    quoted = connection.dialect.identifier_preparer.quote
    await connection.exec_driver_sql(
        f"COPY {quoted(table.name)} ({', '.join(map(quoted, columns))}) FROM STDIN",
        execution_options={_ROWS: (table.name, tuple(columns), rows)},
    )


def carry_copies(engine: Engine) -> None:
    """Let sessions on the engine copy."""
    event.listen(engine, "do_execute", _copy)


def _copy(
    _cursor: DBAPICursor, _statement: str, _parameters: object, context: ExecutionContext
) -> Literal[True] | None:
    if _ROWS not in context.execution_options:
        return None
    name, columns, rows = context.execution_options[_ROWS]
    driver = context.root_connection.connection.dbapi_connection
    if not isinstance(driver, AdaptedConnection):
        raise TypeError("rows are copied on connections of asyncpg alone")
    try:
        driver.run_async(lambda connection: connection.copy_records_to_table(name, columns=columns, records=rows))
    except (PostgresError, InterfaceError) as error:
        # As SQLAlchemy's dialect would have raised it, had it been the dialect's own cursor.
        dbapi: Any = context.dialect.loaded_dbapi
        kind = dbapi.InterfaceError if isinstance(error, InterfaceError) else dbapi.Error
        raise kind(str(error), error) from error
    except (ValueError, TypeError, OverflowError) as error:
        raise ValidationFailedError("a value cannot be stored") from error
    return True
