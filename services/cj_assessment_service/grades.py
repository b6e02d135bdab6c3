"""Grades for essays, read off the scores of anchors, whose grades are known.

Each grade lies at the mean score of its anchors, and the border between two grades halfway between them. An essay has
the grade within whose borders its score lies. Its confidence is the chance that its true score lies there too, if it is
normally distributed about the score with the score's standard error. How sure the anchors' scores are is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from statistics import NormalDist, fmean
from uuid import UUID

from services.cj_assessment_service.batches import ProjectionOutcome
from services.cj_assessment_service.bradley_terry import Score


@dataclass(frozen=True)
class GradedScore:
    """The score of an anchor."""

    grade: str
    score: float


@dataclass(frozen=True)
class Projection:
    """The grade of an essay; confidence: a probability."""

    essay_id: UUID
    grade: str
    confidence: float


@dataclass(frozen=True)
class Projections:
    """The grades of a batch's essays, none but for the outcome `projected`."""

    outcome: ProjectionOutcome
    items: tuple[Projection, ...] = ()


@dataclass(frozen=True)
class _Band:
    """The scores between a grade's borders."""

    grade: str
    lower: float
    upper: float

    def probability(self, score: Score) -> float:
        """How likely the essay's true score lies within the borders."""
        if score.standard_error == 0.0:
            return float(self.lower <= score.score < self.upper)
        spread = NormalDist(score.score, score.standard_error)
        below = 0.0 if self.lower == -inf else spread.cdf(self.lower)
        return (1.0 if self.upper == inf else spread.cdf(self.upper)) - below


def project(essays: Sequence[Score], anchors: Sequence[GradedScore], scale: Sequence[str] | None) -> Projections:
    """The grade of each essay, or why there are none. scale: all grades from the lowest to the highest, if known."""
    if not anchors:
        return Projections(ProjectionOutcome.NO_ANCHORS)
    means = _means(anchors)
    if len(means) == 1:
        return Projections(ProjectionOutcome.ONE_GRADE_ONLY)
    if scale is not None and not _follows(means, scale):
        return Projections(ProjectionOutcome.ANCHORS_CONTRADICT_SCALE)
    bands = _bands(means)
    return Projections(ProjectionOutcome.PROJECTED, tuple(_projection(score, bands) for score in essays))


def _means(anchors: Sequence[GradedScore]) -> dict[str, float]:
    """The place of each grade, the lowest first."""
    by_grade: dict[str, list[float]] = {}
    for anchor in anchors:
        by_grade.setdefault(anchor.grade, []).append(anchor.score)
    means = {grade: fmean(found) for grade, found in by_grade.items()}
    return dict(sorted(means.items(), key=lambda item: item[1]))


def _follows(means: dict[str, float], scale: Sequence[str]) -> bool:
    """Whether the anchors' grades are those of the scale, in its order and each better than the one before."""
    if not set(means) <= set(scale):
        return False
    apart = all(lower < higher for lower, higher in pairwise(means.values()))
    return apart and list(means) == [grade for grade in scale if grade in means]


def _bands(means: dict[str, float]) -> tuple[_Band, ...]:
    borders = [-inf, *((lower + higher) / 2 for lower, higher in pairwise(means.values())), inf]
    return tuple(_Band(grade, lower, upper) for grade, (lower, upper) in zip(means, pairwise(borders), strict=True))


def _projection(score: Score, bands: Sequence[_Band]) -> Projection:
    band = next(each for each in bands if each.lower <= score.score < each.upper)
    return Projection(score.essay_id, band.grade, band.probability(score))
