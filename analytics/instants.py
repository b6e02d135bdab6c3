"""Instants as people write them: ISO 8601, `now`, or `5 minutes ago`."""

import re
from datetime import UTC, datetime, timedelta

from analytics.errors import QuestionError

_AGO = re.compile(r"(?P<count>\d+) (?P<unit>second|minute|hour|day|week)s? ago")
# What ClickHouse's DateTime64 with microseconds holds without clamping.
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2299, 12, 31, tzinfo=UTC)
FORMS = "2026-11-23, 2026-11-23T14:30, 2026-11-23T14:30:05.25+01:00, now, 5 minutes ago (seconds to weeks)"


def instant(text: str, now: datetime) -> datetime:
    """The instant that `text` names, in UTC, which is also assumed where no zone is given; QuestionError for none."""
    try:
        found = _parsed(text.strip().lower(), now)
    except (ValueError, OverflowError) as error:
        raise QuestionError(f"{text!r} is not an instant; write it like one of these: {FORMS}") from error
    if not _EARLIEST <= found <= _LATEST:
        raise QuestionError(f"{text!r} is outside the years {_EARLIEST.year} to {_LATEST.year} that ClickHouse holds")
    return found


def _parsed(text: str, now: datetime) -> datetime:
    if text == "now":
        return now.astimezone(UTC)
    if ago := _AGO.fullmatch(text):
        return now.astimezone(UTC) - timedelta(**{f"{ago['unit']}s": int(ago["count"])})
    found = datetime.fromisoformat(text.upper())
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def for_clickhouse(found: datetime) -> str:
    """The text that ClickHouse reads as this instant where it expects a `DateTime64(6, 'UTC')`."""
    return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def readable(found: datetime) -> str:
    """The instant as people read it, in UTC and to the microsecond."""
    return f"{found.astimezone(UTC).isoformat(sep=' ', timespec='microseconds').removesuffix('+00:00')} UTC"
