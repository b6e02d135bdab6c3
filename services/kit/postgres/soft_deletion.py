"""Rows that are hidden before they go: who hid one and when, until it is restored or purged."""

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, Index, Select, String, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.kit.errors import ConflictError
from services.kit.identity import LONGEST_USER_ID, Caller


class SoftDeletable:
    """When a row was hidden, and by whom; both are null while it is not. `soft_deletion` goes with it."""

    deleted_at: Mapped[datetime | None] = mapped_column(sort_order=87)
    deleted_by: Mapped[str | None] = mapped_column(String(LONGEST_USER_ID), sort_order=88)


def soft_deletion(table: str) -> tuple[CheckConstraint, Index]:
    """For the table's `__table_args__`: nobody hides at no time, and what is hidden is found by when it was."""
    return (
        CheckConstraint("(deleted_at IS NULL) = (deleted_by IS NULL)", name="deleted_by_someone_at_some_time"),
        Index(f"ix_{table}_deleted", "deleted_at", postgresql_where="deleted_at IS NOT NULL"),
    )


async def hide(session: AsyncSession, row: SoftDeletable, caller: Caller) -> None:
    """Mark the row as deleted by the caller, by PostgreSQL's clock, which all replicas of a service share."""
    clock: Select[datetime] = select(func.clock_timestamp(type_=DateTime(timezone=True)))
    row.deleted_at = (await session.scalars(clock)).one()
    row.deleted_by = caller.user_id


def bring_back(row: SoftDeletable, name: str) -> None:
    """Mark the row as not deleted; ConflictError, which calls it `name`, if it isn't."""
    if row.deleted_at is None:
        raise ConflictError(f"{name} is not deleted", code="not_deleted")
    row.deleted_at = row.deleted_by = None
