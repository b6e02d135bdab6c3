"""Instants as people write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import QuestionError
from analytics.instants import for_clickhouse, instant, period

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23 14:30", datetime(2026, 11, 23, 14, 30, tzinfo=UTC)),
        ("2026-11-23T14:30:05.25", datetime(2026, 11, 23, 14, 30, 5, 250_000, tzinfo=UTC)),
        ("2026-11-23T14:30Z", datetime(2026, 11, 23, 14, 30, tzinfo=UTC)),
        ("2026-11-23t14:30z", datetime(2026, 11, 23, 14, 30, tzinfo=UTC)),
        ("2026-11-23T14:30+01:00", datetime(2026, 11, 23, 13, 30, tzinfo=UTC)),
        ("now", NOW),
        (" Now ", NOW),
        ("1 second ago", NOW - timedelta(seconds=1)),
        ("5 minutes ago", NOW - timedelta(minutes=5)),
        ("2 hours ago", NOW - timedelta(hours=2)),
        ("3 days ago", NOW - timedelta(days=3)),
        ("1 week ago", NOW - timedelta(weeks=1)),
        ("an hour ago", NOW - timedelta(hours=1)),
        ("a month ago", datetime(2026, 10, 23, 12, 0, tzinfo=UTC)),
        ("2 years ago", datetime(2024, 11, 23, 12, 0, tzinfo=UTC)),
        ("today", datetime(2026, 11, 23, tzinfo=UTC)),
        ("yesterday  14:30", datetime(2026, 11, 22, 14, 30, tzinfo=UTC)),
        ("9:05:01.5", datetime(2026, 11, 23, 9, 5, 1, 500_000, tzinfo=UTC)),
        ("Sunday", datetime(2026, 11, 22, tzinfo=UTC)),
        ("monday 8:00", datetime(2026, 11, 16, 8, 0, tzinfo=UTC)),
    ],
)
def test_an_instant_without_a_zone_is_utc_and_one_with_a_zone_is_turned_into_it(text: str, meant: datetime) -> None:
    assert instant(text, NOW) == meant


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "someday", "today 25:00", "2026-13-01", "5 fortnights ago", "ago", "-1 days ago"]
)
def test_what_is_no_instant_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(
        QuestionError, match=r"is not an instant; write it like one of these: 2026-11-23, .*minutes ago"
    ):
        instant(text, NOW)


@pytest.mark.parametrize("text", ["1066-10-14", "9999-01-01", "90000 weeks ago"])
def test_an_instant_that_clickhouse_would_clamp_is_refused(text: str) -> None:
    with pytest.raises(QuestionError, match="outside the years 1900 to 2299"):
        instant(text, NOW)


def test_a_count_that_no_calendar_holds_is_refused() -> None:
    with pytest.raises(QuestionError, match="is not an instant"):
        instant("99999999999 weeks ago", NOW)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 - the zone is drawn beside it
    st.integers(-14 * 60, 14 * 60),
)
def test_every_iso_text_reaches_clickhouse_as_the_same_microsecond_in_utc(naive: datetime, minutes: int) -> None:
    meant = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    sent = for_clickhouse(instant(meant.isoformat(), NOW))
    assert datetime.fromisoformat(f"{sent}+00:00") == meant


def test_a_month_before_the_last_of_a_long_month_is_the_last_of_the_short_one() -> None:
    assert instant("1 month ago", datetime(2026, 3, 31, tzinfo=UTC)) == datetime(2026, 2, 28, tzinfo=UTC)
    assert instant("1 year ago", datetime(2028, 2, 29, tzinfo=UTC)) == datetime(2027, 2, 28, tzinfo=UTC)


def test_a_day_with_slashes_is_refused_since_it_could_be_two_days() -> None:
    with pytest.raises(QuestionError, match="day and month cannot be told apart"):
        instant("3/4/2026", NOW)


def test_a_period_holds_its_beginning_and_not_its_end() -> None:
    found = period("yesterday", "today", NOW)
    assert found.since
    assert found.until
    assert found.holds(found.since)
    assert not found.holds(found.until)
    assert not found.holds(found.since - timedelta(microseconds=1))
    assert str(found) == "since 2026-11-22 00:00:00.000000 UTC and before 2026-11-23 00:00:00.000000 UTC"


def test_a_period_without_ends_holds_every_instant() -> None:
    assert period(None, None, NOW).holds(NOW)


@pytest.mark.parametrize("until", ["yesterday", "2 days ago"])
def test_a_period_that_ends_before_it_begins_is_refused_with_both_instants(until: str) -> None:
    with pytest.raises(QuestionError, match=r"nothing lies since 'yesterday' \(2026-11-22 00:00:00.000000 UTC\)"):
        period("yesterday", until, NOW)
