"""What a comparison of two essays is, how a judge answers it, and when a round of them is over."""

import enum
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


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
class Judgement:  # pylint: disable=too-many-instance-attributes  # a field for each thing a judge says
    """A judge's answer; confidence from 0 to 5. `error_code`: why the winner is `error`, None if it is not."""

    winner: Winner
    judge_kind: JudgeKind
    judge: str
    confidence: float | None = None
    justification: str | None = None
    error_code: str | None = None
    error_detail: str | None = None

    @property
    def is_error(self) -> bool:
        """Whether the judge could not say."""
        return self.winner is Winner.ERROR


@dataclass(frozen=True)
class Comparison:  # pylint: disable=too-many-instance-attributes  # a field for each column
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
