"""What the tests of the service's storage put in."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from services.cj_assessment_service.batch_repository_postgres_impl import PostgresBatchRepository
from services.cj_assessment_service.batches import Batch, Language, NewBatch, NewEssay
from services.cj_assessment_service.comparison_repository_postgres_impl import PostgresComparisonRepository
from services.cj_assessment_service.comparisons import Comparison, Decision, JudgeKind, Judgement, NewComparison, Winner
from services.cj_assessment_service.materials import NewAnchor
from services.kit.identity import Caller
from services.kit.postgres.database import Database
from tests.support.callers import OWNER
from tests.support.storage import Storage

LEASE = timedelta(minutes=2)

Repository = TypeVar("Repository")


def new_batch(**differing: Any) -> NewBatch:
    """A batch of the owner, with a budget for ten comparisons."""
    usual = NewBatch(
        batch_id=uuid4(),
        course_code="ENG5",
        assignment_id=None,
        language=Language.ENGLISH,
        expected_essay_count=3,
        org_id=None,
        comparison_budget=10,
        config_id=None,
        user_id=OWNER.user_id,
        correlation_id=uuid4(),
    )
    return replace(usual, **differing)


def new_essays(count: int) -> list[NewEssay]:
    return [NewEssay(uuid4(), uuid4().hex) for _ in range(count)]


def new_anchor(assignment_id: UUID, **differing: Any) -> NewAnchor:
    return replace(NewAnchor(uuid4(), assignment_id, "good", "A", "letters", uuid4().hex), **differing)


def wins_a(**differing: Any) -> Judgement:
    return replace(Judgement(Winner.ESSAY_A, JudgeKind.PERSON, OWNER.user_id), **differing)


class Stored:
    """Repositories of the service over one database, each use a transaction that commits at its end."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def use(self, repository: Callable[[AsyncSession], Repository]) -> AbstractAsyncContextManager[Repository]:
        """One of them in a transaction."""
        return Storage(self.database, repository).transaction()

    async def batch(self, essays: Sequence[NewEssay], caller: Caller = OWNER, **differing: Any) -> Batch:
        async with self.use(PostgresBatchRepository) as batches:
            return await batches.create(caller, new_batch(user_id=caller.user_id, **differing), essays)

    async def state(self, batch: Batch) -> Batch:
        async with self.use(PostgresBatchRepository) as batches:
            return await batches.get(OWNER, batch.batch_id)

    async def asked(
        self, batch: Batch, *pairs: tuple[NewEssay, NewEssay], round_number: int = 1
    ) -> tuple[Comparison, ...]:
        async with self.use(PostgresComparisonRepository) as comparisons:
            return await comparisons.request(
                OWNER,
                [
                    NewComparison(uuid4(), batch.batch_id, round_number, one.essay_id, other.essay_id, uuid4())
                    for one, other in pairs
                ],
            )

    async def decided(self, comparison: Comparison, lease: timedelta = LEASE, **differing: Any) -> Decision:
        async with self.use(PostgresComparisonRepository) as comparisons:
            return await comparisons.decide(OWNER, comparison.request_correlation_id, wins_a(**differing), lease)
