"""What a batch and its essays are, free of any database: their facts, and how a batch's status may move."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kit.errors import ConflictError
from services.kit.moves import Moves

FEWEST_ESSAYS = 2
# Scores of so many take seconds; anchors count.
MOST_ESSAYS = 200


class BatchStatus(enum.StrEnum):
    """How far a batch has come."""

    PENDING = "pending"
    COMPARING = "comparing"
    SCORING = "scoring"
    COMPLETE_STABLE = "complete_stable"
    COMPLETE_MAX_COMPARISONS = "complete_max_comparisons"
    COMPLETE_INSUFFICIENT_ESSAYS = "complete_insufficient_essays"
    FAILED = "failed"


class Language(enum.StrEnum):
    """The languages that essays are written in."""

    ENGLISH = "en"
    SWEDISH = "sv"


class ProjectionOutcome(enum.StrEnum):
    """Whether a complete batch has grades, or why not."""

    PROJECTED = "projected"
    NO_ANCHORS = "no_anchors"
    ONE_GRADE_ONLY = "one_grade_only"
    ANCHORS_CONTRADICT_SCALE = "anchors_contradict_scale"


MOVES = Moves(
    "batch",
    {
        BatchStatus.PENDING: {BatchStatus.COMPARING, BatchStatus.COMPLETE_INSUFFICIENT_ESSAYS},
        BatchStatus.COMPARING: {BatchStatus.SCORING},
        BatchStatus.SCORING: {
            BatchStatus.COMPARING,
            BatchStatus.COMPLETE_STABLE,
            BatchStatus.COMPLETE_MAX_COMPARISONS,
            BatchStatus.FAILED,
        },
        BatchStatus.FAILED: {BatchStatus.COMPARING},
        BatchStatus.COMPLETE_STABLE: set[BatchStatus](),
        BatchStatus.COMPLETE_MAX_COMPARISONS: set[BatchStatus](),
        BatchStatus.COMPLETE_INSUFFICIENT_ESSAYS: set[BatchStatus](),
    },
)


# In which pairs can be asked for, and in which how many may be.
ASKING = frozenset({BatchStatus.PENDING, BatchStatus.COMPARING})
EXTENSIBLE = ASKING | {BatchStatus.FAILED}
# At which it is told what came out.
ENDED = frozenset(BatchStatus) - ASKING - {BatchStatus.SCORING}


@dataclass(frozen=True)
class NewEssay:
    """An essay that takes part; `anchor_id` if it is an anchor, whose grade is known. storage_id: 32 hex digits."""

    essay_id: UUID
    storage_id: str
    anchor_id: UUID | None = None

    @property
    def is_anchor(self) -> bool:
        """Whether its grade is known."""
        return self.anchor_id is not None


@dataclass(frozen=True)
class RequestedBatch:
    """What a request says about a batch."""

    batch_id: UUID
    course_code: str
    assignment_id: UUID | None
    language: Language
    expected_essay_count: int
    org_id: UUID | None


@dataclass(frozen=True)
class NewBatch(RequestedBatch):
    """A batch that is to be stored, as `pending`."""

    comparison_budget: int
    config_id: UUID | None
    user_id: str
    correlation_id: UUID


@dataclass(frozen=True)
class Batch(NewBatch):
    """A batch as it is stored; `row_version` rises with every change of it, and so with each answer."""

    status: BatchStatus
    comparisons_submitted: int
    comparisons_completed: int
    comparisons_failed: int
    round: int
    failure_code: str | None
    failure_detail: str | None
    projection_outcome: ProjectionOutcome | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    row_version: int


@dataclass(frozen=True)
class Essay:
    """An essay of a batch; score, its standard error and rank are those of the last scoring, 1 the best rank."""

    batch_id: UUID
    essay_id: UUID
    storage_id: str
    is_anchor: bool
    anchor_id: UUID | None
    bt_score: float | None
    bt_standard_error: float | None
    rank: int | None
    comparison_count: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class BatchFilter:
    """Which batches a list shows; a None asks for nothing."""

    status: BatchStatus | None = None
    assignment_id: UUID | None = None
    course_code: str | None = None


def refuse_unless(status: BatchStatus, allowed: frozenset[BatchStatus], deed: str) -> None:
    """ConflictError, naming the deed, unless a batch has one of the statuses that allow it."""
    if status not in allowed:
        raise ConflictError(
            f"{deed} takes a batch that is {' or '.join(sorted(allowed))}, and this one is {status}",
            code="batch_status",
            details={"status": status.value},
        )


def has_enough(essays: Sequence[NewEssay]) -> bool:
    """Whether there is something to rank: two essays at least, one of them no anchor."""
    return len(essays) >= FEWEST_ESSAYS and not all(essay.is_anchor for essay in essays)
