"""The inserter: it acknowledges what is stored and nothing else, tries again, and stops for what cannot go well."""

import select
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from cdc.batch import Batch, Commit, Transaction
from cdc.clickhouse import InsertRefusedError
from cdc.storing.inserter import Inserter
from cdc.storing.turns import Turns

SOON = 10.0
Start = Callable[[Callable[[Batch], None]], Inserter]


def batch(end_lsn: int | None = None) -> Batch:
    made = Batch(row_count=1)
    if end_lsn is not None:
        made.commits.append(Commit(Transaction(1, 0, end_lsn - 1), end_lsn, 1))
    return made


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.001)


@pytest.fixture(name="stopping")
def _stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture(name="start")
def _start(stopping: threading.Event) -> Iterator[Start]:
    started: list[Inserter] = []

    def start_one(store: Callable[[Batch], None]) -> Inserter:
        started.append(Inserter(store, stopping, "test"))
        return started[-1]

    yield start_one
    stopping.set()
    for inserter in started:
        inserter.finish()


def test_everything_taken_is_stored_in_order_before_finish_returns(start: Start) -> None:
    stored: list[Batch] = []
    inserter = start(stored.append)
    batches = [batch(number) for number in range(1, 6)]
    assert all(inserter.offer(each, SOON) for each in batches)
    inserter.finish()
    assert [each for each in stored if each.row_count] == [replace(each, commits=[]) for each in batches]
    assert [commit for each in stored for commit in each.commits] == [
        commit for each in batches for commit in each.commits
    ]
    assert inserter.acknowledged == 5


def test_a_commit_is_stored_after_the_rows_of_its_transaction(start: Start) -> None:
    stored: list[Batch] = []
    inserter = start(stored.append)
    for number in range(1, 30):
        inserter.offer(batch(number), SOON)
    inserter.finish()
    rows = 0
    for each in stored:
        rows += each.row_count
        assert all(commit.end_lsn <= rows for commit in each.commits)


def test_rows_are_stored_while_the_commits_of_earlier_ones_are(start: Start) -> None:
    """And what gathers meanwhile is stored together."""
    commits, more_rows = list[Batch](), threading.Event()

    def store(each: Batch) -> None:
        if each.commits:
            commits.append(each)
            assert more_rows.wait(SOON)
        elif commits:
            more_rows.set()

    inserter = start(store)
    inserter.offer(batch(1), SOON)
    wait_until(lambda: bool(commits))
    inserter.offer(batch(2), SOON)
    inserter.offer(batch(3), SOON)
    inserter.finish()
    assert [[commit.end_lsn for commit in each.commits] for each in commits] == [[1], [2, 3]]


def test_a_batch_is_looked_at_whole_before_any_of_it_is_stored(stopping: threading.Event) -> None:
    stored, looked_at = list[Batch](), list[Batch]()

    def refuse_the_second(each: Batch) -> None:
        looked_at.append(each)
        if len(looked_at) == 2:
            raise ValueError("not this one")

    inserter = Inserter(stored.append, stopping, "test", before=refuse_the_second)
    for number in (1, 2):
        inserter.offer(batch(number), SOON)
    inserter.finish()
    assert looked_at == [batch(1), batch(2)]
    assert sum(each.row_count for each in stored) == 1
    assert inserter.acknowledged == 1
    with pytest.raises(ValueError, match="not this one"):
        inserter.check()


def test_commits_that_are_refused_stop_it(start: Start) -> None:
    def store(each: Batch) -> None:
        if each.commits:
            raise InsertRefusedError("never")

    inserter = start(store)
    inserter.offer(batch(100), SOON)
    inserter.finish()
    assert inserter.acknowledged == 0
    with pytest.raises(InsertRefusedError, match="never"):
        inserter.offer(batch(101), SOON)


def test_commits_are_tried_again_until_clickhouse_takes_them(start: Start) -> None:
    tried: list[Batch] = []

    def store(each: Batch) -> None:
        if each.commits:
            tried.append(each)
            if len(tried) < 3:
                raise OperationalError("connection lost")

    inserter = start(store)
    inserter.offer(batch(100), SOON)
    inserter.finish()
    assert tried == [tried[0]] * 3
    assert inserter.acknowledged == 100


@pytest.mark.parametrize("held_up", [lambda _batch: True, lambda each: each.commits], ids=["rows", "commits"])
def test_nothing_is_acknowledged_before_it_is_stored(start: Start, held_up: Callable[[Batch], object]) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def store(each: Batch) -> None:
        if held_up(each):
            begun.set()
            assert may_end.wait(SOON)

    inserter = start(store)
    inserter.offer(batch(100), SOON)
    assert begun.wait(SOON)
    assert inserter.acknowledged == 0
    may_end.set()
    inserter.finish()
    assert inserter.acknowledged == 100


def test_a_batch_within_a_transaction_moves_nothing(start: Start) -> None:
    inserter = start(lambda _batch: None)
    for each in (batch(100), batch(None)):
        inserter.offer(each, SOON)
    inserter.finish()
    assert inserter.acknowledged == 100


def test_a_batch_is_tried_again_as_it_is_until_clickhouse_takes_it(start: Start) -> None:
    tried: list[Batch] = []

    def store(each: Batch) -> None:
        if each.row_count:
            tried.append(each)
            if len(tried) < 3:
                raise OperationalError("connection lost")

    inserter, only = start(store), batch(100)
    inserter.offer(only, SOON)
    inserter.finish()
    assert tried == [replace(only, commits=[])] * 3
    assert inserter.acknowledged == 100
    inserter.check()


@pytest.mark.parametrize("error", [InsertRefusedError("never"), DatabaseError("never", code=60), ValueError("never")])
def test_a_refused_batch_stops_it_and_whoever_offers_the_next_is_told(start: Start, error: Exception) -> None:
    def store(_batch: Batch) -> None:
        raise error

    inserter = start(store)
    inserter.offer(batch(100), SOON)
    inserter.finish()
    assert inserter.acknowledged == 0
    with pytest.raises(type(error), match="never"):
        inserter.offer(batch(101), SOON)


def test_when_told_to_stop_a_failing_batch_is_given_up(start: Start, stopping: threading.Event) -> None:
    def store(_batch: Batch) -> None:
        stopping.set()
        raise OperationalError("connection lost")

    inserter = start(store)
    inserter.offer(batch(100), SOON)
    inserter.finish()
    assert inserter.acknowledged == 0
    with pytest.raises(OperationalError):
        inserter.check()


def test_one_batch_waits_while_one_is_stored_and_no_more(start: Start) -> None:
    may_end = threading.Event()

    def store(_batch: Batch) -> None:
        assert may_end.wait(SOON)

    inserter = start(store)
    assert inserter.offer(batch(1), SOON)
    assert inserter.offer(batch(2), SOON)
    assert not inserter.call.called
    assert not inserter.offer(batch(3), timeout=0.05)
    may_end.set()


def test_a_batch_in_which_nothing_was_captured_does_not_end_it(start: Start) -> None:
    stored: list[Batch] = []
    inserter = start(stored.append)
    for each in (Batch(), batch(100)):
        assert inserter.offer(each, SOON)
    inserter.finish()
    assert sum(each.row_count for each in stored) == 1
    assert inserter.acknowledged == 100


def test_who_asks_is_called_when_a_turn_is_free_and_not_before(stopping: threading.Event) -> None:
    turns = Turns(1, patience_seconds=SOON)
    inserter = Inserter(lambda _batch: None, stopping, "test", turns)
    with turns.turn():
        inserter.call.ask()
        inserter.call.ask()
        assert not inserter.call.called
    assert select.select([inserter.call.bell], [], [], SOON)[0]
    assert inserter.call.called
    assert inserter.offer(batch(100), SOON)
    inserter.finish()
    assert inserter.acknowledged == 100
    assert turns.free == 1


def test_a_batch_that_fails_gives_its_turn_back_before_it_is_tried_again(stopping: threading.Event) -> None:
    turns, tried = Turns(1, patience_seconds=SOON), list[int]()

    def store(each: Batch) -> None:
        if not each.row_count:
            return
        tried.append(turns.free)
        if len(tried) == 1:
            raise OperationalError("connection lost")

    inserter = Inserter(store, stopping, "test", turns)
    inserter.offer(batch(100), SOON)
    inserter.finish()
    assert tried == [0, 1]


def test_the_bell_rings_when_more_is_acknowledged(start: Start) -> None:
    inserter = start(lambda _batch: None)
    inserter.offer(batch(100), SOON)
    while not inserter.acknowledged:
        assert select.select([inserter.call.bell], [], [], SOON)[0]
        inserter.call.bell.hush()
