"""How far a stream has come: what counts as progress, and how late it is by PostgreSQL's clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.stream_progress import Reached, StreamProgress

_US = 1_000_000
SECONDS = st.floats(min_value=0, max_value=1e6)
POSITIONS = st.lists(st.integers(min_value=1, max_value=1 << 96), min_size=1)


class HandClock:
    """A clock that a test moves."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture(name="clock")
def _clock() -> HandClock:
    return HandClock()


@pytest.fixture(name="progress")
def _progress(clock: HandClock) -> StreamProgress:
    return StreamProgress(clock)


def test_lag_is_not_known_before_both_a_commit_and_postgresqls_time_are(progress: StreamProgress) -> None:
    assert progress.lag_seconds is None
    progress.stored_to(5, 7 * _US)
    assert progress.lag_seconds is None
    progress.clock_told(7 * _US, 1000.0)
    assert progress.lag_seconds == 0


def test_lag_grows_with_our_clock_while_nothing_is_stored_and_nobody_is_asked(
    clock: HandClock, progress: StreamProgress
) -> None:
    progress.stored_to(5, 7 * _US)
    progress.clock_told(9 * _US, clock.now)
    clock.now += 60
    assert progress.lag_seconds == pytest.approx(62)


@given(offset=st.integers(min_value=-(10**15), max_value=10**15), passed=SECONDS, age=SECONDS)
def test_how_far_the_two_clocks_are_apart_does_not_matter(offset: int, passed: float, age: float) -> None:
    clock = HandClock()
    progress = StreamProgress(clock)
    progress.clock_told(offset, clock.now)
    progress.stored_to(1, offset - int(age * _US))
    clock.now += passed
    assert progress.lag_seconds == pytest.approx(age + passed, abs=1e-3)


def test_a_clock_that_was_put_back_gives_no_negative_lag(clock: HandClock, progress: StreamProgress) -> None:
    progress.stored_to(5, 100 * _US)
    progress.clock_told(40 * _US, clock.now)
    assert progress.lag_seconds == 0


@given(POSITIONS)
def test_the_furthest_commit_is_kept_whatever_comes_again(positions: list[int]) -> None:
    progress = StreamProgress(HandClock())
    for position in positions:
        progress.stored_to(position, position % 1000)
    assert progress.reached == Reached(max(positions), max(positions) % 1000)


def test_a_commit_further_on_or_a_row_of_a_long_transaction_is_progress(
    clock: HandClock, progress: StreamProgress
) -> None:
    for move in (progress.row_stored, lambda position: progress.stored_to(position, 0)):
        clock.now += 50
        assert progress.without_progress_seconds >= 50
        move(7)
        assert progress.without_progress_seconds == 0


def test_rows_that_come_by_several_ways_are_progress_on_each_of_them(
    clock: HandClock, progress: StreamProgress
) -> None:
    progress.row_stored(90, within="one")
    clock.now += 50
    progress.row_stored(3, within="another")
    assert progress.without_progress_seconds == 0
    clock.now += 50
    progress.row_stored(80, within="one")
    assert progress.without_progress_seconds == 50


def test_what_is_sent_again_after_a_restart_is_no_progress(clock: HandClock, progress: StreamProgress) -> None:
    progress.row_stored(9)
    progress.stored_to(10, 0)
    clock.now += 50
    progress.row_stored(9)
    progress.row_stored(3)
    progress.stored_to(10, 0)
    progress.stored_to(4, 0)
    assert progress.without_progress_seconds == 50
