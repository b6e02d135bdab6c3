"""Grades follow the anchors' scores, and say how likely they are."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cj_assessment_service.batches import ProjectionOutcome
from services.cj_assessment_service.bradley_terry import Score
from services.cj_assessment_service.grades import GradedScore, project
from services.cj_assessment_service.tests.essays import essay

SCALE = ["F", "E", "C", "A"]
ANCHORS = [GradedScore("F", -2.0), GradedScore("E", -1.0), GradedScore("C", 1.0), GradedScore("A", 2.0)]


def scored(score: float, error: float = 0.5) -> Score:
    return Score(essay(1), score, error, rank=1)


@pytest.mark.parametrize(
    ("score", "grade"), [(-9.0, "F"), (-1.6, "F"), (-1.4, "E"), (-0.1, "E"), (0.0, "C"), (1.49, "C"), (1.5, "A")]
)
def test_the_grade_is_the_one_whose_anchors_are_nearest(score: float, grade: str) -> None:
    (found,) = project([scored(score)], ANCHORS, SCALE).items
    assert found.grade == grade


def test_confidence_is_the_chance_that_the_score_lies_between_the_borders() -> None:
    """One standard error to either side of the middle of a grade holds 68.27% of a normal distribution."""
    anchors = [GradedScore("F", -2.0), GradedScore("E", 0.0), GradedScore("C", 2.0)]
    (found,) = project([scored(0.0, error=1.0)], anchors, SCALE).items
    assert found.grade == "E"
    assert found.confidence == pytest.approx(0.682689, abs=1e-6)


def test_on_a_border_it_is_even_odds() -> None:
    (found,) = project([scored(0.0, error=0.1)], [GradedScore("F", -1.0), GradedScore("A", 1.0)], SCALE).items
    assert found.confidence == pytest.approx(0.5)


@given(score=st.floats(-5, 5), error=st.floats(0, 5))
def test_confidence_is_a_probability(score: float, error: float) -> None:
    (found,) = project([scored(score, error)], ANCHORS, SCALE).items
    assert 0.0 <= found.confidence <= 1.0


@given(score=st.floats(1.6, 5), errors=st.tuples(st.floats(0.1, 3), st.floats(0.1, 3)))
def test_a_surer_score_makes_a_surer_grade(score: float, errors: tuple[float, float]) -> None:
    surer, vaguer = (project([scored(score, error)], ANCHORS, SCALE).items[0] for error in sorted(errors))
    assert surer.confidence >= vaguer.confidence


@given(st.lists(st.floats(-5, 5), min_size=2).map(sorted))
def test_a_better_score_never_has_a_lower_grade(scores: list[float]) -> None:
    grades = [SCALE.index(each.grade) for each in project([scored(score) for score in scores], ANCHORS, SCALE).items]
    assert all(lower <= higher for lower, higher in pairwise(grades))


def test_several_anchors_of_a_grade_count_by_their_mean() -> None:
    anchors = [GradedScore("F", -3.0), GradedScore("F", -1.0), GradedScore("A", 2.0)]
    below, above = project([scored(-0.1), scored(0.1)], anchors, SCALE).items
    assert (below.grade, above.grade) == ("F", "A")


def test_without_a_scale_the_anchors_scores_give_the_order() -> None:
    (found,) = project([scored(3.0)], [GradedScore("good", 1.0), GradedScore("poor", -1.0)], None).items
    assert found.grade == "good"


@pytest.mark.parametrize(
    ("anchors", "outcome"),
    [
        ([], ProjectionOutcome.NO_ANCHORS),
        ([GradedScore("A", 1.0), GradedScore("A", 2.0)], ProjectionOutcome.ONE_GRADE_ONLY),
        ([GradedScore("A", -1.0), GradedScore("F", 1.0)], ProjectionOutcome.ANCHORS_CONTRADICT_SCALE),
        ([GradedScore("F", 1.0), GradedScore("A", 1.0)], ProjectionOutcome.ANCHORS_CONTRADICT_SCALE),
        ([GradedScore("F", -1.0), GradedScore("excellent", 1.0)], ProjectionOutcome.ANCHORS_CONTRADICT_SCALE),
    ],
)
def test_anchors_that_give_no_borders_give_no_grades_but_the_reason(
    anchors: list[GradedScore], outcome: ProjectionOutcome
) -> None:
    found = project([scored(0.0)], anchors, SCALE)
    assert (found.outcome, found.items) == (outcome, ())
