"""Which batches a query is about: whose they are, and what a list leaves out."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.cj_assessment_service.batches import BatchFilter
from services.cj_assessment_service.models_db import BatchRow
from services.kit.errors import NotFoundError
from services.kit.identity import Caller
from services.kit.postgres.ownership import owned
from services.kit.postgres.stale_rows import refuse_stale


def visible(caller: Caller) -> Select[BatchRow]:
    """The batches that the caller may see."""
    return owned(select(BatchRow), BatchRow.user_id, caller)


def filtered(batches: Select[BatchRow], wanted: BatchFilter) -> Select[BatchRow]:
    """Those of the batches that the filter lets through."""
    if wanted.status is not None:
        batches = batches.where(BatchRow.status == wanted.status)
    if wanted.assignment_id is not None:
        batches = batches.where(BatchRow.assignment_id == wanted.assignment_id)
    if wanted.course_code is not None:
        batches = batches.where(BatchRow.course_code == wanted.course_code)
    return batches


async def visible_batch(session: AsyncSession, caller: Caller, batch_id: UUID) -> BatchRow:
    """That batch; NotFoundError if the caller may not see it."""
    return found(await session.scalar(visible(caller).where(BatchRow.batch_id == batch_id)), batch_id)


async def locked_batch(
    session: AsyncSession, caller: Caller, batch_id: UUID, expected_row_version: int | None = None
) -> BatchRow:
    """That batch, locked and as it now is; NotFoundError, or ConflictError if it is at another version."""
    statement = visible(caller).where(BatchRow.batch_id == batch_id).with_for_update()
    row = found(await session.scalar(statement.execution_options(populate_existing=True)), batch_id)
    refuse_stale(row, expected_row_version, f"batch {batch_id}")
    return row


def found(row: BatchRow | None, batch_id: UUID) -> BatchRow:
    """The row; NotFoundError if there is none."""
    if row is None:
        raise NotFoundError(f"there is no batch {batch_id}")
    return row
