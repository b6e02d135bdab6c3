"""Bradley-Terry scores with standard errors: a logistic regression of who won on who was compared, by statsmodels.

The chance that A beats B is 1 / (1 + exp(B's score - A's score)), and scores sum to zero. A tie counts as half a win
for each. An essay that won, or lost, everything would have an infinite score: so each essay is given PRIOR_WEIGHT of
one more comparison, tied, with an essay of score zero, the mean. That prior pulls every score a little to the mean and
adds as little to what is known of it: with ten comparisons an essay, a fiftieth.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM
from threadpoolctl import ThreadpoolController

from services.cj_assessment_service.connectivity import Components
from services.kit.errors import ConflictError

PRIOR_WEIGHT = 0.2
_PRECISION = 1e-10
_MOST_ITERATIONS = 100
_LARGEST_NAMED = 5
_LINEAR_ALGEBRA = ThreadpoolController().select(user_api="blas")

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """A comparison that was decided: `share` of the win that essay `first` took: 1, 0, or 0.5 for a tie."""

    first: UUID
    second: UUID
    share: float


@dataclass(frozen=True)
class Score:
    """Where an essay lies, in log-odds, and how sure that is; rank 1 is the best, equal scores share a rank."""

    essay_id: UUID
    score: float
    standard_error: float
    rank: int


class ScoringError(ConflictError):
    """What was compared gives no scores."""


class NotConnectedError(ScoringError):
    """No comparison leads from some essays to others, so that nothing says which of them are better."""

    default_code = "comparisons_not_connected"

    def __init__(self, components: Components) -> None:
        sets = components.sets()
        sizes = ", ".join(str(len(each)) for each in sets)
        apart = [str(essay) for each in sets[1:] for essay in sorted(each)]
        named = ", ".join(apart[:_LARGEST_NAMED]) + (", …" if len(apart) > _LARGEST_NAMED else "")
        super().__init__(
            f"comparisons join the essays only in groups of {sizes}, and none leads from one group to another:"
            f" outside of the first are {named}",
            details={"components": [sorted(map(str, each)) for each in sets]},
        )


class NotConvergedError(ScoringError):
    """The scores could not be computed to the precision asked for."""

    default_code = "scores_not_converged"


def scores(essays: Sequence[UUID], outcomes: Sequence[Outcome]) -> tuple[Score, ...]:
    """The score of each essay, the best first, whatever the order of what is given.

    NotConnectedError if comparisons do not lead from every essay to every other; NotConvergedError.
    """
    ordered = sorted(essays)
    components = Components(ordered, ((outcome.first, outcome.second) for outcome in outcomes))
    if components.count > 1:
        raise NotConnectedError(components)
    strengths, errors = _fitted(*_regression(ordered, outcomes))
    return _ranked(ordered, strengths, errors)


def _regression(essays: Sequence[UUID], outcomes: Sequence[Outcome]) -> tuple[Matrix, Matrix, Matrix]:
    """Shares of wins, who took part (1 who has the share, -1 the other) and how often: a row for each pair.

    The prior follows: half its weight a win and half a loss, against nobody.
    """
    place = {essay: number for number, essay in enumerate(essays)}
    shares: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for outcome in outcomes:
        one, other = place[outcome.first], place[outcome.second]
        shares[min(one, other), max(one, other)].append(outcome.share if one < other else 1.0 - outcome.share)
    pairs = sorted(shares)
    rows = np.zeros((len(pairs), len(essays)))
    rows[np.arange(len(pairs)), [one for one, _ in pairs]] = 1.0
    rows[np.arange(len(pairs)), [other for _, other in pairs]] = -1.0
    count, against_nobody = len(essays), np.eye(len(essays))
    return (
        np.array([*(fmean(shares[pair]) for pair in pairs), *([1.0] * count), *([0.0] * count)]),
        np.vstack([rows, against_nobody, against_nobody]),
        np.array([*(len(shares[pair]) for pair in pairs), *([PRIOR_WEIGHT / 2] * 2 * count)]),
    )


def _fitted(shares: Matrix, taking_part: Matrix, weights: Matrix) -> tuple[Matrix, Matrix]:
    """Scores and standard errors. All but the last essay's score are free: the last is what makes the sum zero."""
    count = taking_part.shape[1]
    to_zero_sum = np.vstack([np.eye(count - 1), -np.ones(count - 1)])
    model = GLM(shares, taking_part @ to_zero_sum, family=Binomial(), var_weights=weights)
    # Its threads wait for each other in loops: on a host that is busy they take ten times as long as one alone.
    with _LINEAR_ALGEBRA.limit(limits=1):
        fit = model.fit(tol=_PRECISION, maxiter=_MOST_ITERATIONS, wls_method="qr")
    if not fit.converged:
        raise NotConvergedError("the scores could not be computed: the comparisons contradict each other too much")
    strengths: Matrix = to_zero_sum @ fit.params
    errors: Matrix = np.sqrt(np.diag(to_zero_sum @ fit.cov_params() @ to_zero_sum.T))
    return strengths, errors


def _ranked(essays: Sequence[UUID], strengths: Matrix, errors: Matrix) -> tuple[Score, ...]:
    # Rounded to what is computed reliably: essays that did equally well share a rank.
    rounded = np.round(strengths, 6) + 0.0
    better = {score: int(np.sum(rounded > score)) for score in rounded}
    found = (
        Score(essay, float(score), float(error), better[score] + 1)
        for essay, score, error in zip(essays, rounded, errors, strict=True)
    )
    return tuple(sorted(found, key=lambda each: (each.rank, each.essay_id)))
