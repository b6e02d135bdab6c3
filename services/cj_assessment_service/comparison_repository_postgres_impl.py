"""The storage of comparisons in PostgreSQL; whatever changes one locks its batch first, so that counters are right."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.cj_assessment_service.batch_queries import locked_batch, visible, visible_batch
from services.cj_assessment_service.batches import ASKING, MOVES, BatchStatus, refuse_unless
from services.cj_assessment_service.comparisons import (
    Comparison,
    ComparisonFilter,
    Decision,
    Judgement,
    NewComparison,
    PairHistory,
    RoundProgress,
    Winner,
)
from services.cj_assessment_service.models_db import BatchRow, ComparisonRow, EssayRow
from services.cj_assessment_service.protocols import ComparisonRepository
from services.kit.errors import ConflictError, NotFoundError
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest
from services.kit.postgres.rows import page_of, record_of

_DEED = "asking for comparisons"


class PostgresComparisonRepository(ComparisonRepository):
    """Works in the transaction of the session it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def history(self, caller: Caller, batch_id: UUID) -> PairHistory:
        """Lock the batch, and say what was compared in it; ConflictError if no pairs can be asked for now."""
        batch = await locked_batch(self._session, caller, batch_id)
        refuse_unless(batch.status, ASKING, _DEED)
        essays = select(EssayRow.essay_id).where(EssayRow.batch_id == batch_id).order_by(EssayRow.essay_id)
        asked = select(ComparisonRow.essay_a, ComparisonRow.essay_b, ComparisonRow.round, ComparisonRow.winner)
        in_order = asked.where(ComparisonRow.batch_id == batch_id).order_by(
            ComparisonRow.submitted_at, ComparisonRow.comparison_id
        )
        rows = (await self._session.execute(in_order)).all()
        return PairHistory(
            batch_id=batch_id,
            round=batch.round,
            essays=tuple(await self._session.scalars(essays)),
            compared=tuple((row.essay_a, row.essay_b) for row in rows if row.winner is not Winner.ERROR),
            asked_in_round=tuple((row.essay_a, row.essay_b) for row in rows if row.round == batch.round),
            submitted=batch.comparisons_submitted,
            budget_left=batch.comparison_budget - batch.comparisons_submitted,
        )

    async def request(self, caller: Caller, asked: Sequence[NewComparison]) -> tuple[Comparison, ...]:
        """Store comparisons of one batch that wait for their judges; the first ones move it to `comparing`."""
        if not asked:
            return ()
        batch = await locked_batch(self._session, caller, asked[0].batch_id)
        refuse_unless(batch.status, ASKING, _DEED)
        left = batch.comparison_budget - batch.comparisons_submitted
        if len(asked) > left:
            raise ConflictError(
                f"batch {batch.batch_id} may ask for {left} more comparisons, not for {len(asked)}",
                code="budget_used_up",
                details={"budget_left": left},
            )
        batch.status = BatchStatus.COMPARING
        batch.comparisons_submitted += len(asked)
        await self._session.flush()
        values = [vars(each) for each in asked]
        rows = (await self._session.scalars(insert(ComparisonRow).returning(ComparisonRow), values)).all()
        stored = {row.comparison_id: record_of(Comparison, row) for row in rows}
        return tuple(stored[each.comparison_id] for each in asked)

    async def get(self, caller: Caller, request_correlation_id: UUID) -> Comparison:
        """The comparison that was asked for under this id; NotFoundError."""
        return record_of(Comparison, await self._row(self._asked(caller, request_correlation_id)))

    async def list_comparisons(
        self, caller: Caller, batch_id: UUID, wanted: ComparisonFilter, page: PageRequest
    ) -> Page[Comparison]:
        """The batch's comparisons in the order in which they were asked for; NotFoundError."""
        await visible_batch(self._session, caller, batch_id)
        comparisons = select(ComparisonRow).where(ComparisonRow.batch_id == batch_id)
        if wanted.round is not None:
            comparisons = comparisons.where(ComparisonRow.round == wanted.round)
        if wanted.open is not None:
            waiting = ComparisonRow.winner.is_(None)
            comparisons = comparisons.where(waiting if wanted.open else ~waiting)
        found = await page_of(self._session, comparisons, ComparisonRow.comparison_id, page)
        return Page(tuple(record_of(Comparison, row) for row in found.items), found.next_cursor)

    async def decide(
        self, caller: Caller, request_correlation_id: UUID, judgement: Judgement, lease: timedelta
    ) -> Decision:
        """Store the first answer, and count it; of any other the first one is returned and nothing changes."""
        asked = self._asked(caller, request_correlation_id)
        batch = await locked_batch(self._session, caller, (await self._row(asked)).batch_id)
        row = await self._row(asked.execution_options(populate_existing=True))
        if row.winner is not None:
            return Decision(record_of(Comparison, row), repeated=True, round_is_over=False)
        for name, value in vars(judgement).items():
            setattr(row, name, value)
        row.completed_at = func.clock_timestamp()
        await self._session.flush()
        await self._count(batch, row)
        over = await self._close_round(batch, lease)
        await self._session.refresh(row)
        return Decision(record_of(Comparison, row), repeated=False, round_is_over=over)

    async def _count(self, batch: BatchRow, decided: ComparisonRow) -> None:
        if decided.winner is Winner.ERROR:
            batch.comparisons_failed += 1
            return
        batch.comparisons_completed += 1
        both = EssayRow.batch_id == batch.batch_id, EssayRow.essay_id.in_((decided.essay_a, decided.essay_b))
        await self._session.execute(
            update(EssayRow).where(*both).values(comparison_count=EssayRow.comparison_count + 1)
        )

    async def _close_round(self, batch: BatchRow, lease: timedelta) -> bool:
        progress = await self._progress(batch)
        if progress.is_over:
            MOVES.refuse(batch.status, BatchStatus.SCORING)
            batch.status = BatchStatus.SCORING
            batch.scoring_lease_until = func.clock_timestamp() + lease
        await self._session.flush()
        return progress.is_over

    async def _progress(self, batch: BatchRow) -> RoundProgress:
        of_round = ComparisonRow.batch_id == batch.batch_id, ComparisonRow.round == batch.round
        asked = select(func.count()).select_from(ComparisonRow).where(*of_round)
        essays = select(func.count()).select_from(EssayRow).where(EssayRow.batch_id == batch.batch_id)
        return RoundProgress(
            essays=(await self._session.scalars(essays)).one(),
            asked_in_round=(await self._session.scalars(asked)).one(),
            open=batch.comparisons_submitted - batch.comparisons_completed - batch.comparisons_failed,
            budget_left=batch.comparison_budget - batch.comparisons_submitted,
        )

    def _asked(self, caller: Caller, request_correlation_id: UUID) -> Select[ComparisonRow]:
        batches = visible(caller).with_only_columns(BatchRow.batch_id)
        return select(ComparisonRow).where(
            ComparisonRow.request_correlation_id == request_correlation_id, ComparisonRow.batch_id.in_(batches)
        )

    async def _row(self, asked: Select[ComparisonRow]) -> ComparisonRow:
        row = await self._session.scalar(asked)
        if row is None:
            raise NotFoundError("nobody asked for a comparison under that request_correlation_id")
        return row
