"""Cursors come back as they went out, and anything else is refused by name."""

import base64
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import ValidationFailedError
from services.kit.paging import LARGEST_LIMIT, PageRequest, Position, parse_cursor


@given(created_at=st.datetimes(timezones=st.just(UTC)), row_id=st.uuids())
def test_a_cursor_reads_back_as_its_position(created_at: datetime, row_id: UUID) -> None:
    position = Position(created_at, row_id)
    assert parse_cursor(position.cursor()) == position


def test_a_position_in_another_zone_is_the_same_position() -> None:
    here = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert parse_cursor(Position(here, UUID(int=1)).cursor()).created_at == here


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "x", "é", "null", "====", "AA AA", "[1,2]"),
        *map(
            _encoded, ("{}", "[]", "[[[", '["2026-01-01T00:00:00","' + "0" * 32 + '"]', '["2026-01-01T00:00:00Z","x"]')
        ),
        _encoded('["0001-01-01T00:00:00+14:00","' + "0" * 32 + '"]'),
    ],
)
def test_what_no_service_handed_out_is_refused(cursor: str) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        PageRequest.of(10, cursor)
    assert refused.value.details == {"parameter": "cursor"}


@given(st.text())
def test_no_text_breaks_the_reader(cursor: str) -> None:
    with suppress(ValidationFailedError):
        assert parse_cursor(cursor).created_at.tzinfo is UTC


@pytest.mark.parametrize("limit", [-1, 0, LARGEST_LIMIT + 1])
def test_a_limit_out_of_bounds_is_refused(limit: int) -> None:
    with pytest.raises(ValidationFailedError, match=f"between 1 and {LARGEST_LIMIT}, not {limit}"):
        PageRequest.of(limit)


def test_without_a_cursor_the_first_page_is_asked_for() -> None:
    assert PageRequest.of(7).after is None
    assert PageRequest.of(7, Position(datetime.now(UTC), uuid4()).cursor()).after is not None
