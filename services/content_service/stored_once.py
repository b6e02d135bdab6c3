"""Rows of which there can be one only: stored by whoever comes first, and found by all who come after or at once."""

from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from services.kit.errors import ConflictError

# Between a look and an insert another may store the row, and between that and the next look delete it again.
ATTEMPTS = 5

Row = TypeVar("Row", bound=DeclarativeBase)


async def stored_once(
    session: AsyncSession, kind: type[Row], existing: Select[Any], insert: Insert
) -> tuple[Row, bool]:
    """The row, and whether it is new; `insert` does nothing on a conflict with what `existing` selects.

    An insert waits for the transaction of another who stores the same. ConflictError if the row comes and goes.
    """
    for _ in range(ATTEMPTS):
        found = await session.scalar(existing)
        if found is not None:
            return found, False
        added = await session.scalar(insert.returning(kind))
        if added is not None:
            return added, True
    raise ConflictError("others store and delete the same at this moment; try again")
