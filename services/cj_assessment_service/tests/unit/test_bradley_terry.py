"""Scores put essays in the order that comparisons give, and say how sure that is."""

import math
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.genmod.generalized_linear_model import GLM
from threadpoolctl import threadpool_info, threadpool_limits

from services.cj_assessment_service import bradley_terry
from services.cj_assessment_service.bradley_terry import (
    PRIOR_WEIGHT,
    NotConnectedError,
    NotConvergedError,
    Outcome,
    Score,
    scores,
)
from services.cj_assessment_service.tests.essays import essay, essays, tied, won

COUNT = 6


@st.composite
def connected(draw: st.DrawFn) -> list[Outcome]:
    """Comparisons that lead from every essay to every other, and some more."""
    shares = st.sampled_from([0.0, 0.5, 1.0])
    tree = [Outcome(essay(number), essay(draw(st.integers(0, number - 1))), draw(shares)) for number in range(1, COUNT)]
    pairs = st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)).filter(lambda pair: pair[0] != pair[1])
    more = draw(st.lists(st.tuples(pairs, shares), max_size=20))
    return [*tree, *(Outcome(essay(one), essay(other), share) for (one, other), share in more)]


def by_essay(found: Sequence[Score]) -> dict[UUID, Score]:
    return {each.essay_id: each for each in found}


def simulated(strengths: Sequence[float], times: int, seed: int) -> list[Outcome]:
    """Each pair compared `times` times by judges who decide as the model says."""
    draw = random.Random(seed)
    return [
        Outcome(essay(one), essay(other), float(draw.random() < 1 / (1 + math.exp(weaker - stronger))))
        for one, stronger in enumerate(strengths)
        for other, weaker in enumerate(strengths[:one])
        for _ in range(times)
    ]


@given(connected())
@settings(max_examples=30, deadline=None)
def test_scores_sum_to_zero_and_are_finite(outcomes: list[Outcome]) -> None:
    found = scores(essays(COUNT), outcomes)
    assert len(found) == COUNT
    assert sum(each.score for each in found) == pytest.approx(0.0, abs=1e-5)
    assert all(math.isfinite(each.score) and 0 < each.standard_error < math.inf for each in found)


@given(connected(), st.permutations(range(COUNT)))
@settings(max_examples=30, deadline=None)
def test_names_and_order_do_not_matter(outcomes: list[Outcome], names: list[int]) -> None:
    renamed = {essay(number): essay(100 + name) for number, name in enumerate(names)}
    turned = [Outcome(renamed[each.second], renamed[each.first], 1 - each.share) for each in reversed(outcomes)]
    plain, other = by_essay(scores(essays(COUNT), outcomes)), by_essay(scores(list(renamed.values()), turned))
    for before, after in renamed.items():
        assert other[after].score == pytest.approx(plain[before].score, abs=1e-5)
        assert other[after].standard_error == pytest.approx(plain[before].standard_error, abs=1e-5)


@given(connected())
@settings(max_examples=20, deadline=None)
def test_more_comparisons_make_scores_surer(outcomes: list[Outcome]) -> None:
    """Won as often as lost, so that more of them move no score and do nothing but say more."""
    even = [*outcomes, *(Outcome(each.second, each.first, each.share) for each in outcomes)]
    once, thrice = by_essay(scores(essays(COUNT), even)), by_essay(scores(essays(COUNT), even * 3))
    assert all(thrice[each].standard_error < once[each].standard_error for each in essays(COUNT))


@given(connected())
@settings(max_examples=30, deadline=None)
def test_an_essay_that_won_everything_is_first(outcomes: list[Outcome]) -> None:
    winner = COUNT
    beaten = [won(winner, number)[0] for number in range(COUNT)]
    found = scores(essays(COUNT + 1), [*outcomes, *beaten])
    assert (found[0].essay_id, found[0].rank) == (essay(winner), 1)


def test_of_two_essays_the_score_is_what_the_stated_prior_makes_of_the_wins() -> None:
    """With share s of n comparisons and the prior's two half-weights, the score solves the likelihood's equation."""
    better, worse = scores(essays(2), won(0, 1, times=7) + won(1, 0, times=2) + tied(0, 1))
    gap = better.score - worse.score
    chance, to_mean = 1 / (1 + math.exp(-gap)), 1 / (1 + math.exp(-better.score))
    assert 7.5 - 10 * chance + PRIOR_WEIGHT * (0.5 - to_mean) == pytest.approx(0.0, abs=1e-4)
    information = 4 * 10 * chance * (1 - chance) + 2 * PRIOR_WEIGHT * to_mean * (1 - to_mean)
    assert better.standard_error == pytest.approx(information**-0.5, rel=1e-4)


def test_a_tie_is_half_a_win_for_each() -> None:
    with_tie = scores(essays(3), tied(0, 1, times=2) + won(1, 2))
    half_each = scores(essays(3), won(0, 1) + won(1, 0) + won(1, 2))
    assert [(each.essay_id, each.score, each.rank) for each in with_tie] == [
        (each.essay_id, each.score, each.rank) for each in half_each
    ]
    errors = [each.standard_error for each in half_each]
    assert [each.standard_error for each in with_tie] == pytest.approx(errors, abs=1e-5)


def test_ties_alone_leave_all_essays_equal() -> None:
    assert {(each.score, each.rank) for each in scores(essays(3), tied(0, 1) + tied(1, 2))} == {(0.0, 1)}


def test_equal_essays_share_a_rank_and_the_next_one_is_counted_behind_them() -> None:
    found = scores(essays(3), won(0, 2) + won(1, 2) + tied(0, 1))
    assert [each.rank for each in found] == [1, 1, 3]


def test_known_strengths_are_found_again_within_their_standard_errors() -> None:
    strengths = [-1.5, -0.8, -0.2, 0.0, 0.3, 0.9, 1.3]
    found = by_essay(scores(essays(len(strengths)), simulated(strengths, times=60, seed=4)))
    off = [
        (found[essay(number)].score - strength) / found[essay(number)].standard_error
        for number, strength in enumerate(strengths)
    ]
    assert max(map(abs, off)) < 3
    assert sum(value**2 for value in off) / len(off) < 2.5


def test_standard_errors_are_as_large_as_scores_scatter() -> None:
    strengths = [-1.0, 0.0, 0.4, 0.6]
    runs = [by_essay(scores(essays(4), simulated(strengths, times=20, seed=seed))) for seed in range(60)]
    for number, strength in enumerate(strengths):
        scatter = (sum((run[essay(number)].score - strength) ** 2 for run in runs) / len(runs)) ** 0.5
        stated = sum(run[essay(number)].standard_error for run in runs) / len(runs)
        assert 0.7 < scatter / stated < 1.4


def test_groups_that_nothing_joins_are_named_and_not_ranked() -> None:
    with pytest.raises(NotConnectedError, match=r"in groups of 3, 2, 1,.*outside of the first are") as refused:
        scores(essays(6), won(0, 1) + won(1, 2) + won(3, 4))
    components = refused.value.details["components"]
    assert components == [
        [str(essay(0)), str(essay(1)), str(essay(2))],
        [str(essay(3)), str(essay(4))],
        [str(essay(5))],
    ]
    assert str(essay(3)) in refused.value.message
    assert refused.value.code == "comparisons_not_connected"


def test_of_many_essays_apart_the_message_names_some_and_the_details_all() -> None:
    with pytest.raises(NotConnectedError, match=r"…$") as refused:
        scores(essays(30), [])
    assert len(refused.value.details["components"]) == 30


def test_scores_that_were_not_reached_are_not_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bradley_terry, "_MOST_ITERATIONS", 1)
    with pytest.raises(NotConvergedError):
        scores(essays(3), won(0, 1, times=50) + won(1, 2))


def test_a_fit_takes_one_thread_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[set[int]] = []
    fit = GLM.fit

    def _threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    def _noting(model: Any, **how: Any) -> Any:
        taken.append(_threads())
        return fit(model, **how)

    monkeypatch.setattr(GLM, "fit", _noting)
    with threadpool_limits(2, user_api="blas"):
        scores(essays(2), won(0, 1))
        assert (taken, _threads()) == ([{1}], {2})
