"""What batches, comparisons, configurations and requests may be, before any database sees them."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.cj_assessment_service.batch_request import budget_for, participants, usable_anchors
from services.cj_assessment_service.batches import (
    ASKING,
    MOST_ESSAYS,
    MOVES,
    BatchStatus,
    NewEssay,
    has_enough,
    refuse_unless,
)
from services.cj_assessment_service.comparisons import JudgeKind, Judgement, RoundProgress, Winner
from services.cj_assessment_service.materials import Anchor, AssessmentConfig, Target, refuse_course_config
from services.cj_assessment_service.tests.essays import essays
from services.kit.errors import ConflictError, ForbiddenError, ValidationFailedError
from tests.support.callers import HEAD, OWNER

S = BatchStatus
STORAGE_ID = "0" * 32
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANCHOR = Anchor(uuid4(), uuid4(), "good", "A", "letters", STORAGE_ID, "teacher-1", shared=False, created_at=NOW)
CONFIG = AssessmentConfig(
    uuid4(), uuid4(), None, 1, "Compare.", "letters", ["F", "A"], "teacher-1", shared=False, created_at=NOW
)
ALLOWED = {
    (S.PENDING, S.COMPARING),
    (S.PENDING, S.COMPLETE_INSUFFICIENT_ESSAYS),
    (S.COMPARING, S.SCORING),
    (S.SCORING, S.COMPARING),
    (S.SCORING, S.COMPLETE_STABLE),
    (S.SCORING, S.COMPLETE_MAX_COMPARISONS),
    (S.SCORING, S.FAILED),
    (S.FAILED, S.COMPARING),
}


@pytest.mark.parametrize("current", S)
@pytest.mark.parametrize("wanted", S)
def test_a_batch_moves_only_as_allowed(current: BatchStatus, wanted: BatchStatus) -> None:
    if current is wanted or (current, wanted) in ALLOWED:
        MOVES.refuse(current, wanted)
        return
    with pytest.raises(ConflictError, match=f"that is {current} cannot become {wanted}") as refused:
        MOVES.refuse(current, wanted)
    assert refused.value.code == "status_move"


def test_a_deed_that_a_status_does_not_allow_is_named() -> None:
    refuse_unless(S.PENDING, ASKING, "asking")
    with pytest.raises(
        ConflictError, match="asking takes a batch that is comparing or pending, and this one is scoring"
    ):
        refuse_unless(S.SCORING, ASKING, "asking")


def _new(*anchors: bool) -> list[NewEssay]:
    return [NewEssay(uuid4(), STORAGE_ID, uuid4() if is_anchor else None) for is_anchor in anchors]


@pytest.mark.parametrize(
    ("anchors", "enough"),
    [((), False), ((False,), False), ((False, False), True), ((False, True), True), ((True, True), False)],
)
def test_a_batch_takes_two_essays_of_which_one_is_no_anchor(anchors: tuple[bool, ...], *, enough: bool) -> None:
    assert has_enough(_new(*anchors)) is enough


@pytest.mark.parametrize(
    ("progress", "over"),
    [
        (RoundProgress(essays=5, asked_in_round=3, open=0, budget_left=9), True),
        (RoundProgress(essays=5, asked_in_round=3, open=1, budget_left=9), False),
        (RoundProgress(essays=5, asked_in_round=2, open=0, budget_left=9), False),
        (RoundProgress(essays=5, asked_in_round=2, open=0, budget_left=0), True),
        (RoundProgress(essays=5, asked_in_round=2, open=1, budget_left=0), False),
    ],
)
def test_a_round_is_over_when_nobody_is_waited_for_and_enough_was_asked(progress: RoundProgress, *, over: bool) -> None:
    assert progress.is_over is over


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"winner": Winner.ERROR}, "must say which"),
        ({"winner": Winner.ERROR, "error_code": "timeout", "confidence": 3.0}, "neither confidence nor justification"),
        ({"winner": Winner.ERROR, "error_code": "timeout", "justification": "x"}, "neither confidence nor"),
        ({"winner": Winner.TIE, "error_code": "timeout"}, "belong to the winner error, not to tie"),
        ({"winner": Winner.ESSAY_A, "error_detail": "x"}, "belong to the winner error, not to essay_a"),
    ],
)
def test_a_judgement_that_contradicts_itself_is_refused(answer: dict[str, object], reason: str) -> None:
    sound = Judgement(Winner.ESSAY_A, JudgeKind.PERSON, "anna")
    with pytest.raises(ValidationFailedError, match=reason):
        replace(sound, **answer)  # type: ignore[arg-type]  # the fields of the case


@pytest.mark.parametrize(("assignment", "course"), [(None, None), (uuid4(), "ENG5")])
def test_a_configuration_is_for_exactly_one_target(assignment: object, course: str | None) -> None:
    with pytest.raises(ValidationFailedError, match="exactly one of assignment_id and course_code"):
        Target(assignment, course)  # type: ignore[arg-type]  # the fields of the case


def test_a_whole_course_is_configured_by_admins_alone() -> None:
    refuse_course_config(HEAD, Target(course_code="ENG5"))
    refuse_course_config(OWNER, Target(uuid4()))
    with pytest.raises(ForbiddenError, match="ENG5"):
        refuse_course_config(OWNER, Target(course_code="ENG5"))


def test_only_anchors_on_the_configured_scale_take_part() -> None:
    other = replace(ANCHOR, grade_scale="numbers")
    assert usable_anchors([ANCHOR, other], CONFIG) == (ANCHOR,)
    assert usable_anchors([ANCHOR, ANCHOR], None) == (ANCHOR, ANCHOR)
    assert not usable_anchors([], None)
    with pytest.raises(ConflictError, match="letters, numbers"):
        usable_anchors([other, ANCHOR], None)


def test_anchors_take_part_beside_the_essays() -> None:
    student = NewEssay(uuid4(), STORAGE_ID)
    assert participants([student], [ANCHOR]) == (student, NewEssay(ANCHOR.anchor_id, STORAGE_ID, ANCHOR.anchor_id))


def test_an_essay_named_twice_is_refused_by_name() -> None:
    twice = NewEssay(uuid4(), STORAGE_ID)
    with pytest.raises(ValidationFailedError, match=f"named twice: {twice.essay_id}"):
        participants([twice, twice], [])


def test_more_essays_than_can_be_scored_are_refused_anchors_counted() -> None:
    full = [NewEssay(each, STORAGE_ID) for each in essays(MOST_ESSAYS)]
    assert len(participants(full, [])) == MOST_ESSAYS
    with pytest.raises(ValidationFailedError, match="200 and 1 anchors"):
        participants(full, [ANCHOR])


@pytest.mark.parametrize(
    ("essay_count", "wanted", "budget"),
    [(10, None, 50), (3, None, 15), (0, None, 1), (1, None, 5), (10, 9, 9), (1, 1, 1)],
)
def test_a_budget_is_what_is_wanted_or_as_usual(essay_count: int, wanted: int | None, budget: int) -> None:
    assert budget_for(essay_count, wanted, comparisons_per_essay=10) == budget


def test_the_usual_budget_joins_all_essays_however_low_it_is_set() -> None:
    assert budget_for(10, None, comparisons_per_essay=1) == 9


def test_a_budget_that_cannot_join_all_essays_is_refused() -> None:
    with pytest.raises(ValidationFailedError, match="takes 9 comparisons at least to join 10 essays"):
        budget_for(10, 8, comparisons_per_essay=10)
