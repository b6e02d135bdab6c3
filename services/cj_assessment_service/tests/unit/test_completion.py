"""A scored batch goes on or ends by the stated rule, and never with a wrong ranking."""

from dataclasses import replace

import pytest

from services.cj_assessment_service.batches import BatchStatus, ProjectionOutcome
from services.cj_assessment_service.bradley_terry import NotConnectedError, scores
from services.cj_assessment_service.completion import ScoringTask, StabilityRule, scored
from services.cj_assessment_service.tests.essays import essay, essays, won

RULE = StabilityRule(largest_change=0.05, least_comparisons=2)
OUTCOMES = won(0, 1) + won(1, 2) + won(0, 2)
NOW = {each.essay_id: each.score for each in scores(essays(3), OUTCOMES)}
TASK = ScoringTask(
    batch_id=essay(99),
    round=1,
    times=dict.fromkeys(essays(3), 2),
    outcomes=OUTCOMES,
    scores_before=NOW,
    budget_left=5,
    grades={},
    grade_scale=None,
    scale=None,
)


def test_scores_that_hardly_changed_end_the_batch() -> None:
    result = scored(replace(TASK, scores_before={each: score + 0.049 for each, score in NOW.items()}), RULE)
    assert result.status is BatchStatus.COMPLETE_STABLE
    assert [each.essay_id for each in result.scores] == essays(3)


def test_one_score_that_changed_as_much_as_the_threshold_keeps_it_going() -> None:
    result = scored(replace(TASK, scores_before={**NOW, essay(1): NOW[essay(1)] + 0.051}), RULE)
    assert (result.status, result.projections, len(result.scores)) == (BatchStatus.COMPARING, None, 3)


def test_an_essay_compared_too_seldom_keeps_it_going() -> None:
    result = scored(replace(TASK, times={**TASK.times, essay(2): 1}), RULE)
    assert result.status is BatchStatus.COMPARING


def test_the_first_scoring_is_never_stable() -> None:
    assert scored(replace(TASK, scores_before={}), RULE).status is BatchStatus.COMPARING


def test_a_budget_that_is_used_up_ends_the_batch() -> None:
    result = scored(replace(TASK, scores_before={}, budget_left=0), RULE)
    assert (result.status, len(result.scores)) == (BatchStatus.COMPLETE_MAX_COMPARISONS, 3)


def test_stable_scores_are_stable_even_with_the_last_of_the_budget() -> None:
    assert scored(replace(TASK, budget_left=0), RULE).status is BatchStatus.COMPLETE_STABLE


def test_essays_that_are_not_joined_yet_are_compared_further() -> None:
    result = scored(replace(TASK, outcomes=won(0, 1)), RULE)
    assert (result.status, result.scores, result.failure) == (BatchStatus.COMPARING, (), None)


def test_essays_that_no_comparison_can_join_any_more_fail_and_are_not_ranked() -> None:
    result = scored(replace(TASK, outcomes=won(0, 1), budget_left=0), RULE)
    assert (result.status, result.scores) == (BatchStatus.FAILED, ())
    assert isinstance(result.failure, NotConnectedError)


@pytest.mark.parametrize("budget_left", [0, 5])
def test_a_batch_that_ends_grades_its_essays_and_not_its_anchors(budget_left: int) -> None:
    graded = replace(
        TASK, grades={essay(0): "A", essay(2): "F"}, grade_scale="letters", scale=["F", "A"], budget_left=budget_left
    )
    result = scored(graded, RULE)
    assert result.projections is not None
    assert result.projections.outcome is ProjectionOutcome.PROJECTED
    assert [each.essay_id for each in result.projections.items] == [essay(1)]
