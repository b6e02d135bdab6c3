"""The schedule and the data are functions of the seed, and every kind comes as often as the others."""

from collections import Counter
from itertools import islice

from tests.chaos.faults import KINDS
from tests.chaos.schedule import schedule
from tests.chaos.statements import Drawing


def test_the_same_seed_gives_the_same_faults() -> None:
    first, again = (list(islice(schedule(7, list(KINDS)), 100)) for _ in range(2))
    assert first == again
    assert first != list(islice(schedule(8, list(KINDS)), 100))


def test_each_kind_comes_once_in_a_round() -> None:
    assert set(Counter(fault.kind for fault in islice(schedule(1, list(KINDS)), 3 * len(KINDS))).values()) == {3}


def test_the_same_seed_gives_the_same_transactions() -> None:
    first, again = (Drawing("7.1") for _ in range(2))
    plans = [first.plan() for _ in range(300)]
    assert plans == [again.plan() for _ in range(300)]
    assert any(statement.truncated for plan in plans for statement in plan.statements)
    assert any(not plan.commit for plan in plans)
