"""The shapes in which the comparative judgement service is asked and answers."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.cj_assessment_service.batches import (
    MOST_ESSAYS,
    Batch,
    BatchFilter,
    BatchStatus,
    Essay,
    Language,
    NewEssay,
    RequestedBatch,
)
from services.cj_assessment_service.comparisons import Comparison, ComparisonFilter, JudgeKind, Judgement, Winner
from services.cj_assessment_service.materials import GradedEssay
from services.cj_assessment_service.models_db import STORAGE_ID_LENGTH
from services.cj_assessment_service.requests import AssessmentRequest, JudgementMessage, PairsRequest
from services.kit.identity import LONGEST_USER_ID, Caller
from services.kit.web.models import Label, PageQuestion, Question, Sentence, Text

LARGEST_INTEGER = 2**31 - 1
MOST_COMPARISONS = 1_000_000

StorageId = Annotated[str, StringConstraints(pattern=rf"^[0-9a-f]{{{STORAGE_ID_LENGTH}}}$")]
Budget = Annotated[int, Field(ge=1, le=MOST_COMPARISONS)]
Justification = Annotated[Text, StringConstraints(min_length=1, max_length=10_000)]
ModelName = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_USER_ID)]


class EssayItem(Question):
    """An essay, and where the content service keeps its text."""

    essay_id: UUID
    storage_id: StorageId


class BatchQuestion(Question):
    """Essays to be ranked; without a budget there are as many comparisons as the service usually asks for."""

    batch_id: UUID
    course_code: Label
    assignment_id: UUID | None = None
    language: Language
    expected_essay_count: Annotated[int, Field(ge=0, le=LARGEST_INTEGER)] | None = None
    comparison_budget: Budget | None = None
    org_id: UUID | None = None
    essays: Annotated[list[EssayItem], Field(max_length=MOST_ESSAYS)]

    def request(self, caller: Caller, idempotency_key: str, correlation_id: UUID) -> AssessmentRequest:
        """The request for the handler."""
        expected = len(self.essays) if self.expected_essay_count is None else self.expected_essay_count
        return AssessmentRequest(
            caller=caller,
            idempotency_key=idempotency_key,
            correlation_id=correlation_id,
            batch=RequestedBatch(
                self.batch_id, self.course_code, self.assignment_id, self.language, expected, self.org_id
            ),
            comparison_budget=self.comparison_budget,
            essays=tuple(NewEssay(essay.essay_id, essay.storage_id) for essay in self.essays),
        )


class BatchesQuestion(PageQuestion):
    """Which batches are listed."""

    status: BatchStatus | None = None
    assignment_id: UUID | None = None
    course_code: Label | None = None

    def filter(self) -> BatchFilter:
        """What the repository filters by."""
        return BatchFilter(self.status, self.assignment_id, self.course_code)


class BatchesAnswer(BaseModel):
    """A page of batches; `next_cursor` fetches the next one and is null on the last."""

    batches: list[Batch]
    next_cursor: str | None


class BudgetQuestion(Question):
    """How many comparisons may be asked for in all."""

    comparison_budget: Budget


class EssaysAnswer(BaseModel):
    """A page of a batch's essays; `next_cursor` fetches the next one and is null on the last."""

    essays: list[Essay]
    next_cursor: str | None


class RankingAnswer(BaseModel):
    """All ranked essays of a batch, the best first."""

    essays: list[Essay]


class ProjectionsAnswer(BaseModel):
    """A page of the grades of a batch's essays; `next_cursor` fetches the next one and is null on the last."""

    grade_projections: list[GradedEssay]
    next_cursor: str | None


class PairsQuestion(Question):
    """How many comparisons to ask for at most; as many as there are essays if left out."""

    count: Annotated[int, Field(ge=1, le=MOST_ESSAYS)] | None = None

    def request(self, caller: Caller, idempotency_key: str, batch_id: UUID) -> PairsRequest:
        """The request for the handler."""
        return PairsRequest(caller, idempotency_key, batch_id, self.count)


class PairsAnswer(BaseModel):
    """The comparisons that wait for their judges now; fewer than asked for where budget or round have no more."""

    comparisons: list[Comparison]


class ComparisonsQuestion(PageQuestion):
    """Which comparisons of a batch are listed. open: those that wait for their judge, or the others."""

    round: Annotated[int, Field(ge=1, le=LARGEST_INTEGER)] | None = None
    open: bool | None = None

    def filter(self) -> ComparisonFilter:
        """What the repository filters by."""
        return ComparisonFilter(self.round, self.open)


class ComparisonsAnswer(BaseModel):
    """A page of a batch's comparisons; `next_cursor` fetches the next one and is null on the last."""

    comparisons: list[Comparison]
    next_cursor: str | None


class JudgementQuestion(Question):
    """A judge's answer. model: the name of the model that judged; without it the caller did.

    The winner `error` takes an `error_code`, and neither confidence nor justification.
    """

    request_correlation_id: UUID
    winner: Winner
    model: ModelName | None = None
    confidence: Annotated[float, Field(ge=0, le=5)] | None = None
    justification: Justification | None = None
    error_code: Label | None = None
    error_detail: Sentence | None = None

    def message(self, caller: Caller) -> JudgementMessage:
        """The message for the handler; ValidationFailedError for an answer that contradicts itself."""
        judgement = Judgement(
            winner=self.winner,
            judge_kind=JudgeKind.PERSON if self.model is None else JudgeKind.MODEL,
            judge=self.model or caller.user_id,
            confidence=self.confidence,
            justification=self.justification,
            error_code=self.error_code,
            error_detail=self.error_detail,
        )
        return JudgementMessage(caller, self.request_correlation_id, judgement)


class JudgementAnswer(BaseModel):
    """The comparison as it was decided first; `repeated`: this was not the first answer, and changed nothing."""

    comparison: Comparison
    repeated: bool
