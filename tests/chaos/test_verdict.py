"""The verdict: one line of figures, and no promise counts as kept where nothing could have broken it."""

from dataclasses import replace

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
