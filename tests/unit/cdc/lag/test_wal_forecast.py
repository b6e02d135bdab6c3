"""When the WAL that a slot holds back reaches its bound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.lag.wal_forecast import Forecast, Limit, Room, forecast

GIB, HOUR = 1 << 30, 3600.0


def test_what_was_written_since_the_newest_stored_commit_goes_on_until_the_disk_is_full() -> None:
    assert forecast(2 * GIB, 2 * HOUR, Room(None, 5 * GIB)) == Forecast(GIB / HOUR, Limit.DISK, 5 * GIB, 5 * HOUR)


def test_the_nearer_limit_is_told() -> None:
    assert forecast(GIB, HOUR, Room(2 * GIB, 3 * GIB)).limit is Limit.SLOT
    assert forecast(GIB, HOUR, Room(3 * GIB, 2 * GIB)).limit is Limit.DISK


def test_without_a_known_limit_only_the_growth_is_told() -> None:
    assert forecast(GIB, HOUR, Room(None, None)) == Forecast(GIB / HOUR, None, None, None)


@pytest.mark.parametrize("behind", [None, 0.2, -5.0])
def test_a_copy_that_is_not_behind_has_room_and_no_growth_to_reckon_with(behind: float | None) -> None:
    assert forecast(1000, behind, Room(GIB, None)) == Forecast(None, Limit.SLOT, GIB, None)


def test_where_nothing_is_written_no_end_is_told() -> None:
    assert forecast(0, HOUR, Room(GIB, None)).seconds_left is None


def test_a_limit_that_was_passed_leaves_nothing() -> None:
    assert forecast(GIB, HOUR, Room(-1, GIB)) == Forecast(GIB / HOUR, Limit.SLOT, 0, 0.0)


@given(st.integers(1, 1 << 40), st.floats(1, 1e6), st.integers(0, 1 << 44), st.integers(0, 1 << 44))
def test_at_the_rate_told_the_time_told_fills_the_room_told(written: int, behind: float, lost: int, disk: int) -> None:
    found = forecast(written, behind, Room(lost, disk))
    assert found.bytes_left == min(lost, disk)
    assert found.bytes_per_second
    assert found.seconds_left is not None
    assert found.seconds_left * found.bytes_per_second == pytest.approx(found.bytes_left)
