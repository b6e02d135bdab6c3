"""The statements that an operation sends, noted once, so that they can be sent again by nothing but asyncpg."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import Engine, event


@dataclass(frozen=True)
class Statement:
    """One statement as PostgreSQL gets it, with its parameters."""

    text: str
    parameters: tuple[Any, ...]


@contextmanager
def recorded(engine: Engine) -> Iterator[list[Statement]]:
    """Every statement that the engine sends from now on, transactions' own apart."""
    found: list[Statement] = []

    def note(*arguments: Any) -> None:
        found.append(Statement(arguments[2], tuple(arguments[3])))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


@asynccontextmanager
async def bare_connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of asyncpg at SQLAlchemy's or libpq's URL."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        yield connection
    finally:
        await connection.close()


async def send(connection: asyncpg.Connection, statements: Sequence[Statement]) -> None:
    """Send the statements as one transaction, and fetch what each returns."""
    async with connection.transaction():
        for statement in statements:
            await connection.fetch(statement.text, *statement.parameters)
