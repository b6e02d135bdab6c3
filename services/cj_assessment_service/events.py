"""What comes from topics and goes there: essays are to be ranked, and a batch has come to an end."""

from typing import Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict

from services.cj_assessment_service.api_models import BatchQuestion
from services.cj_assessment_service.batches import Batch, BatchStatus, Language, ProjectionOutcome
from services.cj_assessment_service.completion import AssessedBatch
from services.cj_assessment_service.requests import AssessmentRequest
from services.kit.topics.envelope import Envelope, Request


class CjAssessmentRequested(Request[BatchQuestion]):
    """Essays are to be ranked, as by `POST /v1/cj/batches`; the event's id is the Idempotency-Key."""

    event_type: Literal["huleedu.els.cj_assessment.requested.v1"]

    def request(self) -> AssessmentRequest:
        """The request for the handler."""
        return self.data.request(self.caller, self.idempotency_key, self.correlation_id)


class RankedEssay(BaseModel):
    """Where an essay came out; score and standard error in log-odds. Anchors have no grade here, but their own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    essay_id: UUID
    is_anchor: bool
    rank: int
    score: float
    standard_error: float
    grade: str | None
    confidence: float | None


class CjAssessmentResult(BaseModel):
    """How a batch ended: its ranking, the best essay first, empty where there is none; or why it failed."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)

    batch_id: UUID
    course_code: str
    assignment_id: UUID | None
    language: Language
    status: BatchStatus
    comparisons_completed: int
    projection_outcome: ProjectionOutcome | None
    failure_code: str | None
    failure_detail: str | None
    essays: tuple[RankedEssay, ...] = ()


class CjAssessmentCompleted(Envelope[CjAssessmentResult]):
    """A batch ended; one that failed and is given a larger budget ends once more."""

    event_type: Literal["huleedu.cj_assessment.completed.v1"] = "huleedu.cj_assessment.completed.v1"


def ended(batch: Batch) -> CjAssessmentCompleted:
    """That a batch came to an end without a ranking."""
    return _completed(batch, CjAssessmentResult.model_validate(batch))


def assessed(outcome: AssessedBatch) -> CjAssessmentCompleted:
    """That a batch came to an end, with its ranking unless it failed."""
    if outcome.batch.status is BatchStatus.FAILED:
        return ended(outcome.batch)
    result = CjAssessmentResult.model_validate(outcome.batch)
    return _completed(outcome.batch, result.model_copy(update={"essays": _ranked(outcome)}))


def _completed(batch: Batch, result: CjAssessmentResult) -> CjAssessmentCompleted:
    return CjAssessmentCompleted(
        event_id=uuid4(),
        correlation_id=batch.correlation_id,
        occurred_at=batch.completed_at or batch.updated_at,
        user_id=batch.user_id,
        data=result,
    )


def _ranked(outcome: AssessedBatch) -> tuple[RankedEssay, ...]:
    grades = {each.essay_id: each for each in outcome.grades}
    return tuple(
        RankedEssay(
            essay_id=essay.essay_id,
            is_anchor=essay.is_anchor,
            rank=essay.rank,
            score=essay.bt_score,
            standard_error=essay.bt_standard_error,
            grade=grades[essay.essay_id].grade if essay.essay_id in grades else None,
            confidence=grades[essay.essay_id].confidence if essay.essay_id in grades else None,
        )
        for essay in outcome.essays
        if essay.rank is not None and essay.bt_score is not None and essay.bt_standard_error is not None
    )
