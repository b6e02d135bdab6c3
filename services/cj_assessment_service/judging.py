"""Judges' answers: each is counted once, and the one that ends a round has its batch scored before it is answered."""

from dataclasses import dataclass

from services.cj_assessment_service.comparisons import Comparison
from services.cj_assessment_service.config import CjAssessmentServiceSettings
from services.cj_assessment_service.protocols import ComparisonRepository, JudgementHandler
from services.cj_assessment_service.requests import Answered, JudgementMessage
from services.cj_assessment_service.scoring import Scoring
from services.kit.postgres.actor import Actor
from services.kit.postgres.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Judgements(JudgementHandler):
    """The comparison itself remembers its first answer, under the id by which it was asked for."""

    settings: CjAssessmentServiceSettings
    actor: Actor
    unit: UnitOfWork
    comparisons: ComparisonRepository
    scoring: Scoring

    async def judge(self, message: JudgementMessage) -> Answered[Comparison]:
        """Store a judge's answer; NotFoundError if nobody asked."""
        async with self.unit:
            decision = await self.comparisons.decide(
                message.caller, message.request_correlation_id, message.judgement, self.settings.scoring_lease
            )
        if decision.round_is_over:
            await self.scoring.score(decision.comparison.batch_id, self.actor)
        return Answered(decision.comparison, decision.repeated)
