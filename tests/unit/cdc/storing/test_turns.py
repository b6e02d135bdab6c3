"""Turns: so many at once, the longest wait first, and nobody waits for ever."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from cdc.storing.turns import Turns

SOON = 10.0


class Holder:
    """One that takes a turn in a thread and holds it until it is told to let go."""

    def __init__(self, turns: Turns, threads: ThreadPoolExecutor, begun: list["Holder"]) -> None:
        self.has_begun, self._may_end = threading.Event(), threading.Event()
        self._turns, self._begun = turns, begun
        self._ended: Future[None] = threads.submit(self._hold)

    def _hold(self) -> None:
        with self._turns.turn():
            self._begun.append(self)
            self.has_begun.set()
            assert self._may_end.wait(SOON)

    def let_go(self) -> None:
        self._may_end.set()
        self._ended.result(SOON)


def wait_for_line(turns: Turns, length: int) -> None:
    deadline = time.monotonic() + SOON
    while turns.waiting != length:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_the_longest_wait_is_next_and_no_more_hold_a_turn_than_may() -> None:
    turns, begun = Turns(2, patience_seconds=SOON), list[Holder]()
    with ThreadPoolExecutor(5) as threads:
        holders = list[Holder]()
        for count in range(1, 6):
            holders.append(Holder(turns, threads, begun))
            if count <= 2:
                assert holders[-1].has_begun.wait(SOON)
            wait_for_line(turns, max(0, count - 2))
        for number, holder in enumerate(holders):
            assert begun == holders[: number + 2]
            holder.let_go()
            for following in holders[number + 2 : number + 3]:
                assert following.has_begun.wait(SOON)


def test_who_has_waited_long_enough_goes_on_without_a_turn() -> None:
    turns = Turns(1, patience_seconds=0.01)
    with turns.turn(), turns.turn():
        assert turns.waiting == 0


def test_a_turn_that_was_not_given_is_not_given_back() -> None:
    turns = Turns(1, patience_seconds=0.01)
    with turns.turn():
        with turns.turn():
            assert turns.free == 0
        assert turns.free == 0
    assert turns.free == 1


def test_an_error_gives_the_turn_back() -> None:
    turns = Turns(1)
    with pytest.raises(ValueError, match="broken"), turns.turn():
        raise ValueError("broken")
    assert turns.free == 1
