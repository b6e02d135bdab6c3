"""What becomes of a batch whose round is over: scores and another round, or an end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cj_assessment_service.batches import Batch, BatchStatus, Essay
from services.cj_assessment_service.bradley_terry import Outcome, Score, ScoringError, scores
from services.cj_assessment_service.grades import GradedScore, Projections, project
from services.cj_assessment_service.materials import GradedEssay


@dataclass(frozen=True)
class StabilityRule:
    """When comparing more is not worth it.

    Every essay was compared `least_comparisons` times, and since the scoring before no score changed by
    `largest_change` or more (in log-odds).
    """

    largest_change: float
    least_comparisons: int

    def holds(self, before: Mapping[UUID, float], now: Sequence[Score], times: Mapping[UUID, int]) -> bool:
        """Whether scores are stable. before: the scores of the scoring before, empty at first."""
        compared = all(times[each.essay_id] >= self.least_comparisons for each in now)
        known = compared and all(each.essay_id in before for each in now)
        return known and all(abs(each.score - before[each.essay_id]) < self.largest_change for each in now)


@dataclass(frozen=True)
class ScoringTask:
    """A batch at the end of a round. times: how often each essay was compared; scores_before: empty at first.

    grades: those of the anchors, on one scale; scale: its grades from the lowest to the highest, None if not known.
    """

    batch_id: UUID
    round: int
    times: Mapping[UUID, int]
    outcomes: Sequence[Outcome]
    scores_before: Mapping[UUID, float]
    budget_left: int
    grades: Mapping[UUID, str]
    grade_scale: str | None
    scale: Sequence[str] | None


@dataclass(frozen=True)
class ScoringResult:
    """Where a batch goes, with which scores; projections only with its end, a failure instead of scores."""

    status: BatchStatus
    scores: tuple[Score, ...] = ()
    projections: Projections | None = None
    failure: ScoringError | None = None


@dataclass(frozen=True)
class AssessedBatch:
    """A batch that came to an end, its ranked essays from the best one on, and the grades of those that have one."""

    batch: Batch
    essays: Sequence[Essay]
    grades: Sequence[GradedEssay]


def scored(task: ScoringTask, rule: StabilityRule) -> ScoringResult:
    """Score the batch.

    What is stable is complete, even if the budget is used up as well. Where comparisons give no scores, more of them
    may help, as long as there is a budget for them.
    """
    try:
        found = scores(list(task.times), task.outcomes)
    except ScoringError as error:
        if task.budget_left > 0:
            return ScoringResult(BatchStatus.COMPARING)
        return ScoringResult(BatchStatus.FAILED, failure=error)
    if rule.holds(task.scores_before, found, task.times):
        return ScoringResult(BatchStatus.COMPLETE_STABLE, found, _projections(task, found))
    if task.budget_left > 0:
        return ScoringResult(BatchStatus.COMPARING, found)
    return ScoringResult(BatchStatus.COMPLETE_MAX_COMPARISONS, found, _projections(task, found))


def _projections(task: ScoringTask, found: Sequence[Score]) -> Projections:
    anchors = [GradedScore(task.grades[each.essay_id], each.score) for each in found if each.essay_id in task.grades]
    return project([each for each in found if each.essay_id not in task.grades], anchors, task.scale)
