"""What is asked of the service, whether it came over HTTP or from a topic."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from services.cj_assessment_service.batches import NewEssay, RequestedBatch
from services.cj_assessment_service.comparisons import Judgement
from services.kit.identity import Caller

T = TypeVar("T")


@dataclass(frozen=True)
class Answered(Generic[T]):
    """The answer, and whether it is that of an earlier delivery of the same request."""

    answer: T
    repeated: bool


@dataclass(frozen=True)
class AssessmentRequest:
    """Essays to be ranked. comparison_budget: None for the usual number of comparisons an essay."""

    caller: Caller
    idempotency_key: str
    correlation_id: UUID
    batch: RequestedBatch
    essays: tuple[NewEssay, ...]
    comparison_budget: int | None = None


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
