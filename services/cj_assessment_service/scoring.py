"""Scoring of batches whose round is over, at once by whoever ended it, or later by a job if that process died.

Replicas may score at the same time: a batch is leased to one of them, and whoever comes second with a result finds the
batch moved on and stores nothing. Whoever ends a batch tells others in the same transaction.
"""

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog

from services.cj_assessment_service.completion import StabilityRule, scored
from services.cj_assessment_service.events import assessed
from services.cj_assessment_service.models_db import OutboxRow
from services.cj_assessment_service.scoring_repository_postgres_impl import PostgresScoringRepository
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.topics.outbox import Outbox

FINISHER = Actor(user_id="cj_assessment_service", route="job finish_scoring")

log = structlog.get_logger(__name__)


class Scoring:
    """Scores batches; no transaction is open while it computes."""

    def __init__(self, database: Database, rule: StabilityRule) -> None:
        self._database = database
        self._rule = rule

    async def score(self, batch_id: UUID, actor: Actor) -> bool:
        """Score the batch; whether this very call moved it on."""
        async with self._database.transaction(actor) as session:
            task = await PostgresScoringRepository(session).task(batch_id)
        if task is None:
            return False
        result = await asyncio.to_thread(scored, task, self._rule)
        async with self._database.transaction(actor) as session:
            scoring = PostgresScoringRepository(session)
            stored = await scoring.finish(task, result)
            outcome = await scoring.assessed(batch_id) if stored else None
            if outcome is not None:
                await Outbox(session, OutboxRow).add(assessed(outcome), key=str(batch_id))
        if stored:
            log.info("batch_scored", batch_id=str(batch_id), round=task.round, status=result.status.value)
        return stored

    async def finish_scoring(self, lease: timedelta) -> int:
        """Score the batches that nobody is scoring any more, and say how many."""
        finished = 0
        while True:
            async with self._database.transaction(FINISHER) as session:
                batch_id = await PostgresScoringRepository(session).claim(lease)
            if batch_id is None:
                return finished
            finished += await self.score(batch_id, FINISHER)
