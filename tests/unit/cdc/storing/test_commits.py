"""Commits that gather while rows are stored: at once after a pause, apart otherwise, and never without a bound."""

import threading
import time
from queue import Empty, Queue

import pytest

from cdc.batch import Commit, Transaction
from cdc.storing.commits import Commits

SOON = 10.0
APART = 0.2


def commit(end_lsn: int) -> Commit:
    return Commit(Transaction(1, 0, end_lsn - 1), end_lsn, 1)


def test_the_first_ones_are_taken_at_once_and_the_next_ones_together_after_a_while() -> None:
    commits = Commits(apart_seconds=APART)
    commits.add([commit(1)])
    began = time.monotonic()
    assert commits.take() == [commit(1)]
    for number in (2, 3):
        commits.add([commit(number)])
    assert commits.take() == [commit(2), commit(3)]
    assert time.monotonic() - began >= APART


def test_closing_hands_over_the_rest_at_once_and_then_nothing() -> None:
    commits = Commits(apart_seconds=600)
    commits.add([commit(1)])
    commits.take()
    commits.add([commit(2)])
    commits.close()
    assert commits.take() == [commit(2)]
    assert commits.take() == []


def test_who_adds_waits_while_too_many_are_there_and_not_once_nobody_takes_them() -> None:
    commits, added = Commits(apart_seconds=0, most=1), Queue[int]()

    def add_three() -> None:
        for number in (1, 2, 3):
            commits.add([commit(number)])
            added.put(number)

    thread = threading.Thread(target=add_three)
    thread.start()
    assert added.get(timeout=SOON) == 1
    with pytest.raises(Empty):
        added.get(timeout=0.05)
    assert commits.take() == [commit(1)]
    assert added.get(timeout=SOON) == 2
    commits.close()
    assert added.get(timeout=SOON) == 3
    thread.join()


def test_a_part_of_a_transaction_brings_none_and_nobody_is_woken_for_it() -> None:
    commits, taken = Commits(apart_seconds=0), list[list[Commit]]()
    thread = threading.Thread(target=lambda: taken.append(commits.take()))
    thread.start()
    commits.add([])
    commits.add([commit(1)])
    thread.join(SOON)
    assert taken == [[commit(1)]]
