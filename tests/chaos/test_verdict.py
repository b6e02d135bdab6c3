"""The verdict: one line of figures, and no promise counts as kept where nothing could have broken it."""

import subprocess
from dataclasses import replace

import psycopg2
import pytest
from clickhouse_connect.driver.exceptions import OperationalError

from deploy.local.starting import StartError
from tests.chaos.record import Outcome, Row, Transaction, Write
from tests.chaos.verdict import Verdict

COMMITTED = Transaction(7, Outcome.COMMITTED, (Write(Row("file.files", "1"), None, "a"),))


def test_a_run_that_wrote_and_looked_keeps_its_promises() -> None:
    verdict = Verdict(1)
    verdict.count([COMMITTED, replace(COMMITTED, outcome=Outcome.ROLLED_BACK)], samples=3)
    assert str(verdict) == (
        "chaos: seed 1: 0 faults of 0 kinds, 2 transactions, 2 changes, 3 samples: every promise kept"
    )


def test_a_run_in_which_nothing_was_committed_beside_capture_proves_nothing() -> None:
    verdict = Verdict(1)
    verdict.count([replace(COMMITTED, before_capture=True), replace(COMMITTED, outcome=Outcome.ROLLED_BACK)], samples=3)
    assert verdict.problems == ["no transaction was committed while capture ran: nothing is proved"]
    assert str(verdict).endswith("1 BROKEN PROMISES")


def test_a_run_in_which_nothing_was_sampled_proves_nothing() -> None:
    verdict = Verdict(1)
    verdict.count([COMMITTED], samples=0)
    assert verdict.problems == ["the sampler has seen nothing: what holds at every instant is not proved"]


@pytest.mark.parametrize(
    "error",
    [
        psycopg2.OperationalError("connection refused"),
        OperationalError("connection refused"),
        TimeoutError("a writer was still in the middle of a transaction"),
        StartError("PostgreSQL did not start"),
        subprocess.TimeoutExpired("verify", 360),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_part_that_stays_away_is_a_broken_promise_and_no_crash(error: Exception) -> None:
    verdict = Verdict(1)
    with verdict.reached():
        raise error
    [problem] = verdict.problems
    assert problem.startswith("a part stayed away:\nTraceback")
    assert str(verdict).endswith("1 BROKEN PROMISES")


def test_a_defect_of_the_run_itself_is_raised_and_noted() -> None:
    verdict = Verdict(1)
    with pytest.raises(LookupError), verdict.reached():
        raise LookupError("no such kind")
    assert verdict.problems == ["the run itself ended with LookupError('no such kind')"]
