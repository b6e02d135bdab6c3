"""Rows that are hidden before they go: who hid one and when, until it is restored or purged."""

from datetime import datetime
from typing import Protocol

from sqlalchemy import DateTime, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.kit.errors import ConflictError
from services.kit.identity import Caller


class SoftDeleted(Protocol):
    """A row that knows when it was hidden, and by whom; both are null while it is not."""

    deleted_at: datetime | None
    deleted_by: str | None


async def hide(session: AsyncSession, row: SoftDeleted, caller: Caller) -> None:
    """Mark the row as deleted by the caller, by PostgreSQL's clock, which all replicas of a service share."""
    clock: Select[datetime] = select(func.clock_timestamp(type_=DateTime(timezone=True)))
    row.deleted_at = (await session.scalars(clock)).one()
    row.deleted_by = caller.user_id


def bring_back(row: SoftDeleted, name: str) -> None:
    """Mark the row as not deleted; ConflictError, which calls it `name`, if it isn't."""
    if row.deleted_at is None:
        raise ConflictError(f"{name} is not deleted", code="not_deleted")
    row.deleted_at = row.deleted_by = None
