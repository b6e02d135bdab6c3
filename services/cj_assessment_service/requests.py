"""What is asked of the service, by whoever brings it: over HTTP today, from a topic tomorrow."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from services.cj_assessment_service.batches import Language, NewEssay
from services.cj_assessment_service.comparisons import Judgement
from services.kit.identity import Caller

T = TypeVar("T")


@dataclass(frozen=True)
class Answered(Generic[T]):
    """The answer, and whether it is that of an earlier delivery of the same request."""

    answer: T
    repeated: bool


@dataclass(frozen=True)
class AssessmentRequest:  # pylint: disable=too-many-instance-attributes  # a field for each thing a request says
    """Essays to be ranked. comparison_budget: None for the usual number of comparisons an essay."""

    caller: Caller
    idempotency_key: str
    correlation_id: UUID
    batch_id: UUID
    course_code: str
    assignment_id: UUID | None
    language: Language
    expected_essay_count: int
    comparison_budget: int | None
    org_id: UUID | None
    essays: tuple[NewEssay, ...]


@dataclass(frozen=True)
class PairsRequest:
    """A wish for up to `count` comparisons; None for as many as there are essays."""

    caller: Caller
    idempotency_key: str
    batch_id: UUID
    count: int | None


@dataclass(frozen=True)
class JudgementMessage:
    """What a judge answered to the request of that id."""

    caller: Caller
    request_correlation_id: UUID
    judgement: Judgement
