"""The storage of what scoring needs and finds, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.cj_assessment_service.batches import ENDED, MOVES, Batch, BatchStatus, Essay
from services.cj_assessment_service.bradley_terry import Outcome, Score
from services.cj_assessment_service.comparisons import Winner
from services.cj_assessment_service.completion import AssessedBatch, ScoringResult, ScoringTask
from services.cj_assessment_service.grades import Projections
from services.cj_assessment_service.materials import GradedEssay
from services.cj_assessment_service.models_db import (
    AnchorRow,
    AssessmentConfigRow,
    BatchRow,
    ComparisonRow,
    EssayRow,
    GradeProjectionRow,
)
from services.cj_assessment_service.protocols import ScoringRepository
from services.kit.postgres.rows import record_of

_SHARES = {Winner.ESSAY_A: 1.0, Winner.ESSAY_B: 0.0, Winner.TIE: 0.5}


class PostgresScoringRepository(ScoringRepository):
    """Works in the transaction of the session it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim(self, lease: timedelta) -> UUID | None:
        """Lease the batch that waits longest to be scored, but for those that another has leased or locked."""
        until = BatchRow.scoring_lease_until
        waiting = select(BatchRow).where(
            BatchRow.status == BatchStatus.SCORING, or_(until.is_(None), until < func.clock_timestamp())
        )
        first = waiting.order_by(BatchRow.updated_at, BatchRow.batch_id).limit(1)
        row = await self._session.scalar(first.with_for_update(skip_locked=True))
        if row is None:
            return None
        row.scoring_lease_until = func.clock_timestamp() + lease
        await self._session.flush()
        return row.batch_id

    async def task(self, batch_id: UUID) -> ScoringTask | None:
        """What there is to score, None if the batch is not `scoring` any more."""
        batch = await self._session.get(BatchRow, batch_id)
        if batch is None or batch.status is not BatchStatus.SCORING:
            return None
        of_batch = select(EssayRow).where(EssayRow.batch_id == batch_id)
        essays = (await self._session.scalars(of_batch)).all()
        anchors = await self._anchors(batch_id)
        config = None if batch.config_id is None else await self._session.get(AssessmentConfigRow, batch.config_id)
        return ScoringTask(
            batch_id=batch_id,
            round=batch.round,
            times={essay.essay_id: essay.comparison_count for essay in essays},
            outcomes=await self._outcomes(batch_id),
            scores_before={essay.essay_id: essay.bt_score for essay in essays if essay.bt_score is not None},
            budget_left=batch.comparison_budget - batch.comparisons_submitted,
            grades={essay_id: anchor.grade for essay_id, anchor in anchors.items()},
            grade_scale=next((anchor.grade_scale for anchor in anchors.values()), None),
            scale=None if config is None else config.grades,
        )

    async def finish(self, task: ScoringTask, result: ScoringResult) -> bool:
        """Store the result, unless another has done so since the task was read: whether it was stored."""
        locked = select(BatchRow).where(BatchRow.batch_id == task.batch_id).with_for_update()
        batch = (await self._session.scalars(locked.execution_options(populate_existing=True))).one()
        if batch.status is not BatchStatus.SCORING or batch.round != task.round:
            return False
        self._move(batch, result)
        await self._session.flush()
        await self._store_scores(task.batch_id, result.scores)
        if result.projections is not None:
            await self._store_projections(task, result.projections)
        return True

    async def assessed(self, batch_id: UUID) -> AssessedBatch | None:
        """What came out of the batch, None if it goes on."""
        batch = await self._session.get_one(BatchRow, batch_id, populate_existing=True)
        if batch.status not in ENDED:
            return None
        ranked = select(EssayRow).where(EssayRow.batch_id == batch_id, EssayRow.rank.is_not(None))
        essays = await self._session.scalars(
            ranked.order_by(EssayRow.rank, EssayRow.essay_id).execution_options(populate_existing=True)
        )
        grades = await self._session.scalars(select(GradeProjectionRow).where(GradeProjectionRow.batch_id == batch_id))
        return AssessedBatch(
            record_of(Batch, batch),
            [record_of(Essay, row) for row in essays],
            [record_of(GradedEssay, row) for row in grades],
        )

    @staticmethod
    def _move(batch: BatchRow, result: ScoringResult) -> None:
        MOVES.refuse(batch.status, result.status)
        batch.status = result.status
        batch.scoring_lease_until = None
        if result.status is BatchStatus.COMPARING:
            batch.round += 1
        if result.failure is not None:
            batch.failure_code, batch.failure_detail = result.failure.code, result.failure.message
        if result.projections is not None:
            batch.projection_outcome = result.projections.outcome
            batch.completed_at = func.clock_timestamp()

    async def _store_scores(self, batch_id: UUID, scores: Sequence[Score]) -> None:
        found = [
            {
                "batch_id": batch_id,
                "essay_id": each.essay_id,
                "bt_score": each.score,
                "bt_standard_error": each.standard_error,
                "rank": each.rank,
            }
            for each in scores
        ]
        if found:
            await self._session.execute(update(EssayRow), found)

    async def _store_projections(self, task: ScoringTask, projections: Projections) -> None:
        self._session.add_all(
            GradeProjectionRow(batch_id=task.batch_id, grade_scale=task.grade_scale, **vars(each))
            for each in projections.items
        )
        await self._session.flush()

    async def _outcomes(self, batch_id: UUID) -> list[Outcome]:
        decided = select(ComparisonRow.essay_a, ComparisonRow.essay_b, ComparisonRow.winner).where(
            ComparisonRow.batch_id == batch_id, ComparisonRow.winner.in_(_SHARES)
        )
        return [Outcome(a, b, _SHARES[winner]) for a, b, winner in await self._session.execute(decided) if winner]

    async def _anchors(self, batch_id: UUID) -> Mapping[UUID, AnchorRow]:
        """The anchors that take part, by the essay that each of them is."""
        joined = select(EssayRow.essay_id, AnchorRow).join(AnchorRow, AnchorRow.anchor_id == EssayRow.anchor_id)
        rows = await self._session.execute(joined.where(EssayRow.batch_id == batch_id))
        return {row.essay_id: row.AnchorRow for row in rows}
