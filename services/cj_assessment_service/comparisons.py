"""What a comparison of two essays is, how a judge answers it, and when a round of them is over."""

import enum
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kit.errors import ValidationFailedError


class Winner(enum.StrEnum):
    """How a comparison ended; `error`: the judge could not say."""

    ESSAY_A = "essay_a"
    ESSAY_B = "essay_b"
    TIE = "tie"
    ERROR = "error"


class JudgeKind(enum.StrEnum):
    """Who judges."""

    MODEL = "model"
    PERSON = "person"


@dataclass(frozen=True)
class NewComparison:
    """Two essays that a judge is asked to compare, in the order in which they are shown."""

    comparison_id: UUID
    batch_id: UUID
    round: int
    essay_a: UUID
    essay_b: UUID
    request_correlation_id: UUID


@dataclass(frozen=True)
class Judgement:
    """A judge's answer; confidence from 0 to 5. `error_code`: why the winner is `error`, None if it is not."""

    winner: Winner
    judge_kind: JudgeKind
    judge: str
    confidence: float | None = None
    justification: str | None = None
    error_code: str | None = None
    error_detail: str | None = None

    def __post_init__(self) -> None:
        if self.is_error and self.error_code is None:
            raise ValidationFailedError("a judge who answers with an error must say which: error_code")
        if self.is_error and (self.confidence is not None or self.justification is not None):
            raise ValidationFailedError("an error has neither confidence nor justification: leave them out")
        if not self.is_error and (self.error_code is not None or self.error_detail is not None):
            raise ValidationFailedError(f"error_code and error_detail belong to the winner error, not to {self.winner}")

    @property
    def is_error(self) -> bool:
        """Whether the judge could not say."""
        return self.winner is Winner.ERROR


@dataclass(frozen=True)
class Comparison:
    """A comparison as it is stored; without a winner it still waits for its judge."""

    comparison_id: UUID
    batch_id: UUID
    round: int
    essay_a: UUID
    essay_b: UUID
    request_correlation_id: UUID
    winner: Winner | None
    confidence: float | None
    justification: str | None
    judge_kind: JudgeKind | None
    judge: str | None
    error_code: str | None
    error_detail: str | None
    submitted_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True)
class RoundProgress:
    """How far a batch's current round has come, and what of its budget is left. open: asked and not yet answered."""

    essays: int
    asked_in_round: int
    open: int
    budget_left: int

    @property
    def is_over(self) -> bool:
        """Whether it is time to score.

        Nobody is waited for, and half as many comparisons as there are essays were asked for, so that two scorings
        lie far enough apart to tell whether scores still change; or else the budget is used up.
        """
        enough = self.budget_left == 0 or 2 * self.asked_in_round >= self.essays
        return self.open == 0 and enough


@dataclass(frozen=True)
class Decision:
    """A decided comparison, whether it had been decided before, and whether its batch is now to be scored."""

    comparison: Comparison
    repeated: bool
    round_is_over: bool


@dataclass(frozen=True)
class PairHistory:
    """What was compared in a batch. compared: pairs that are decided or wait for their judge, of all rounds.

    asked_in_round: those of the current round, failed ones among them.
    """

    batch_id: UUID
    round: int
    essays: tuple[UUID, ...]
    compared: tuple[tuple[UUID, UUID], ...]
    asked_in_round: tuple[tuple[UUID, UUID], ...]
    submitted: int
    budget_left: int


@dataclass(frozen=True)
class ComparisonFilter:
    """Which comparisons a list shows; a None asks for nothing. open: those that wait for their judge, or the others."""

    round: int | None = None
    open: bool | None = None
