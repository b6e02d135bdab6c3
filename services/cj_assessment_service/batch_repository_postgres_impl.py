"""The storage of batches and their essays in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.cj_assessment_service.batch_queries import filtered, locked_batch, visible, visible_batch
from services.cj_assessment_service.batches import (
    EXTENSIBLE,
    MOVES,
    Batch,
    BatchFilter,
    BatchStatus,
    Essay,
    NewBatch,
    NewEssay,
    has_enough,
    refuse_unless,
)
from services.cj_assessment_service.materials import GradedEssay
from services.cj_assessment_service.models_db import BatchRow, EssayRow, GradeProjectionRow
from services.cj_assessment_service.protocols import BatchRepository
from services.kit.errors import ConflictError
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest
from services.kit.postgres.rows import page_of, record_of

_ENDED_AT_ONCE = {"status": BatchStatus.COMPLETE_INSUFFICIENT_ESSAYS, "completed_at": func.clock_timestamp()}


class PostgresBatchRepository(BatchRepository):
    """Works in the transaction of the session it is given; whatever changes a batch locks its row first."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def create(self, caller: Caller, new: NewBatch, essays: Sequence[NewEssay]) -> Batch:
        """Store a batch with its essays; ConflictError if there is one of that id, NotFoundError if it is another's."""
        end = {} if has_enough(essays) else _ENDED_AT_ONCE
        unless_there = insert(BatchRow).values(**vars(new), **end).on_conflict_do_nothing(index_elements=["batch_id"])
        row = await self._session.scalar(unless_there.returning(BatchRow))
        if row is None:
            await visible_batch(self._session, caller, new.batch_id)
            raise ConflictError(f"there is a batch {new.batch_id} already", code="batch_exists")
        self._session.add_all(
            EssayRow(batch_id=new.batch_id, is_anchor=essay.is_anchor, **vars(essay)) for essay in essays
        )
        await self._session.flush()
        return record_of(Batch, row)

    async def get(self, caller: Caller, batch_id: UUID) -> Batch:
        """The batch; NotFoundError."""
        return record_of(Batch, await visible_batch(self._session, caller, batch_id))

    async def list_batches(self, caller: Caller, wanted: BatchFilter, page: PageRequest) -> Page[Batch]:
        """The batches that the caller may see, oldest first."""
        found = await page_of(self._session, filtered(visible(caller), wanted), BatchRow.batch_id, page)
        return Page(tuple(record_of(Batch, row) for row in found.items), found.next_cursor)

    async def list_essays(self, caller: Caller, batch_id: UUID, page: PageRequest) -> Page[Essay]:
        """The batch's essays in the order in which they were stored; NotFoundError."""
        await visible_batch(self._session, caller, batch_id)
        essays = select(EssayRow).where(EssayRow.batch_id == batch_id)
        found = await page_of(self._session, essays, EssayRow.essay_id, page)
        return Page(tuple(record_of(Essay, row) for row in found.items), found.next_cursor)

    async def ranking(self, caller: Caller, batch_id: UUID) -> tuple[Essay, ...]:
        """The essays that have a rank, the best first; NotFoundError."""
        await visible_batch(self._session, caller, batch_id)
        ranked = select(EssayRow).where(EssayRow.batch_id == batch_id, EssayRow.rank.is_not(None))
        rows = await self._session.scalars(ranked.order_by(EssayRow.rank, EssayRow.essay_id))
        return tuple(record_of(Essay, row) for row in rows)

    async def list_projections(self, caller: Caller, batch_id: UUID, page: PageRequest) -> Page[GradedEssay]:
        """The grades of the batch's essays; NotFoundError."""
        await visible_batch(self._session, caller, batch_id)
        grades = select(GradeProjectionRow).where(GradeProjectionRow.batch_id == batch_id)
        found = await page_of(self._session, grades, GradeProjectionRow.essay_id, page)
        return Page(tuple(record_of(GradedEssay, row) for row in found.items), found.next_cursor)

    async def change_budget(
        self, caller: Caller, batch_id: UUID, budget: int, *, expected_row_version: int | None = None
    ) -> Batch:
        """Let the batch ask for `budget` comparisons in all; one that failed goes on comparing, in a new round."""
        row = await locked_batch(self._session, caller, batch_id, expected_row_version)
        refuse_unless(row.status, EXTENSIBLE, "changing the budget")
        if budget <= row.comparisons_submitted:
            raise ConflictError(
                f"batch {batch_id} has asked for {row.comparisons_submitted} comparisons: its budget must be larger",
                code="budget_used_up",
                details={"comparisons_submitted": row.comparisons_submitted},
            )
        row.comparison_budget = budget
        if row.status is BatchStatus.FAILED:
            MOVES.refuse(row.status, BatchStatus.COMPARING)
            row.status, row.round = BatchStatus.COMPARING, row.round + 1
            row.failure_code = row.failure_detail = None
        await self._session.flush()
        return record_of(Batch, row)
