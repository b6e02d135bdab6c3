"""Instants as people write them: ISO 8601, `yesterday 14:30`, `monday`, `5 minutes ago`; always in UTC unless said.

Written by hand, since what reads more (any language's dates, `3/4/26`) guesses, and an audit must not rest on a guess.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from analytics.errors import QuestionError

_AGO = re.compile(r"(?P<count>\d+|an?) (?P<unit>second|minute|hour|day|week|month|year)s? ago")
_DAY_AND_TIME = re.compile(r"(?P<day>today|yesterday|[a-z]+day)?\s*(?P<time>\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?")
_WEEKDAYS = tuple(name.lower() for name in calendar.day_name)
_DAY_OF_SLASHES = re.compile(r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}.*")
# What ClickHouse's DateTime64 with microseconds holds without clamping.
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2299, 12, 31, tzinfo=UTC)
FORMS = (
    "2026-11-23, 2026-11-23T14:30, 2026-11-23T14:30:05.25+01:00, now, today, yesterday 14:30, monday (the last one),"
    " 14:30, 5 minutes ago (seconds to years)"
)


def instant(text: str, now: datetime) -> datetime:
    """The instant that `text` names, in UTC, which is also assumed where no zone is given; QuestionError for none."""
    try:
        found = _parsed(" ".join(text.lower().split()), now.astimezone(UTC))
    except (ValueError, OverflowError) as error:
        guess = "; day and month cannot be told apart" if _DAY_OF_SLASHES.fullmatch(text.strip()) else ""
        raise QuestionError(f"{text!r} is not an instant{guess}; write it like one of these: {FORMS}") from error
    if not _EARLIEST <= found <= _LATEST:
        raise QuestionError(f"{text!r} is outside the years {_EARLIEST.year} to {_LATEST.year} that ClickHouse holds")
    return found


@dataclass(frozen=True)
class Period:
    """From one instant on and before another; None is without an end."""

    since: datetime | None
    until: datetime | None

    def holds(self, found: datetime) -> bool:
        """Whether the instant lies within."""
        return (self.since is None or found >= self.since) and (self.until is None or found < self.until)

    def __str__(self) -> str:
        words = {"since": self.since, "before": self.until}
        return " and ".join(f"{word} {readable(at)}" for word, at in words.items() if at) or "at any time"


def period(since: str | None, until: str | None, now: datetime) -> Period:
    """The period that two instants, or none, enclose; QuestionError where one is none, or it ends before it begins."""
    found = Period(*(None if text is None else instant(text, now) for text in (since, until)))
    if found.since and found.until and found.until <= found.since:
        raise QuestionError(
            f"nothing lies since {since!r} ({readable(found.since)}) and before {until!r} ({readable(found.until)})"
        )
    return found


def _parsed(text: str, now: datetime) -> datetime:
    if text == "now":
        return now
    if ago := _AGO.fullmatch(text):
        count = int(ago["count"]) if ago["count"].isdigit() else 1
        return _earlier(now, count, ago["unit"])
    named = _DAY_AND_TIME.fullmatch(text)
    if named and text:
        day = _day(named["day"] or "today", now)
        return datetime.combine(day, _time(named["time"] or "0:00"), UTC)
    found = datetime.fromisoformat(text.upper())
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _earlier(now: datetime, count: int, unit: str) -> datetime:
    """So many units before; a month or a year before is the same day of the month, or that month's last."""
    if unit not in {"month", "year"}:
        return now - timedelta(**{f"{unit}s": count})
    months = now.year * 12 + now.month - 1 - count * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    return now.replace(year=year, month=month, day=min(now.day, calendar.monthrange(year, month)[1]))


def _day(name: str, now: datetime) -> datetime:
    if name in {"today", "yesterday"}:
        return now - timedelta(days=int(name == "yesterday"))
    # The last day of that name before today.
    return now - timedelta(days=(now.weekday() - _WEEKDAYS.index(name) - 1) % 7 + 1)


def _time(text: str) -> time:
    hour, colon, rest = text.partition(":")
    return time.fromisoformat(f"{hour:0>2}{colon}{rest}")


def for_clickhouse(found: datetime) -> str:
    """The text that ClickHouse reads as this instant where it expects a `DateTime64(6, 'UTC')`."""
    return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def readable(found: datetime) -> str:
    """The instant as people read it, in UTC and to the microsecond."""
    return f"{found.astimezone(UTC).isoformat(sep=' ', timespec='microseconds').removesuffix('+00:00')} UTC"
