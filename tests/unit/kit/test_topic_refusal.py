"""Which errors time will mend, and what is kept of those that it won't."""

import pytest
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.kit.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    PayloadTooLargeError,
    ServiceUnavailableError,
    TooManyRequestsError,
    ValidationFailedError,
)
from services.kit.topics.refusal import DEFECT, LONGEST_REASON, Refusal, Verdict, refusal_for, verdict_on

PASSING = (
    ServiceUnavailableError("away"),
    TooManyRequestsError("busy", retry_after=1),
    PoolTimeoutError("no connection"),
    OSError("refused"),
    TimeoutError("silent"),
)
FINAL = (
    ValidationFailedError("wrong"),
    ForbiddenError("no"),
    NotFoundError("gone"),
    PayloadTooLargeError("long"),
    ConflictError("taken", code="essay_has_a_job"),
)
DOUBTFUL = (ConflictError("others changed it"), KeyError("defect"), ProgrammingError("SELECT", {}, Exception("typo")))


class _Sqlstate(Exception):  # noqa: N818  # it plays a driver's
    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        *((error, Verdict.PASSING) for error in PASSING),
        *((error, Verdict.FINAL) for error in FINAL),
        *((error, Verdict.DOUBTFUL) for error in DOUBTFUL),
    ],
    ids=repr,
)
def test_an_error_is_tried_again_for_as_long_as_it_takes_a_few_times_or_not_at_all(
    error: Exception, verdict: Verdict
) -> None:
    assert verdict_on(error) is verdict


@pytest.mark.parametrize(
    ("sqlstate", "verdict"),
    [("57P01", Verdict.PASSING), ("55P03", Verdict.PASSING), ("40001", Verdict.DOUBTFUL), ("22021", Verdict.FINAL)],
)
def test_what_the_database_says_is_judged_by_what_it_means(sqlstate: str, verdict: Verdict) -> None:
    assert verdict_on(DBAPIError("INSERT", {}, _Sqlstate(sqlstate))) is verdict


def test_a_refusal_has_the_code_and_the_sentence_that_a_caller_would_read() -> None:
    assert refusal_for(ConflictError("taken", code="essay_has_a_job")) == Refusal("essay_has_a_job", "taken")


def test_a_defects_own_words_are_not_kept() -> None:
    refusal = refusal_for(KeyError("Once upon a time"))
    assert refusal.code == DEFECT
    assert "Once" not in refusal.reason
    assert "KeyError" in refusal.reason


def test_a_reason_can_be_stored() -> None:
    reason = refusal_for(ValidationFailedError("a\0" + "b" * 2 * LONGEST_REASON)).reason
    assert "\0" not in reason
    assert len(reason) == LONGEST_REASON
