"""Dates and times of Debezium's JSON (`2026-11-22T22:30:20.500000Z`) as PostgreSQL writes them: SQL expressions.

Years are ISO's: signed beyond four digits, and 0 for the year 1 BC. An infinite date has an absurd year: one that no
date in PostgreSQL can have, or, of `timestamp`'s `infinity`, one microsecond of the year 294247, which is taken for it.
"""

_INFINITE_DATES = {"-5877611-06-21Z": "infinity", "-5877611-06-22Z": "-infinity"}
_INFINITE_TIMESTAMPS = {"+294247-01-10T04:00:25.2Z": "infinity", "-290308-12-21T19:59:27.6Z": "-infinity"}
_DATE_LENGTH, _SECONDS_LENGTH = 10, 8


def date_text(sent: str) -> str:
    """The text of a date."""
    return _with_year(sent, _INFINITE_DATES, "Z", "", "''")


def timestamp_text(sent: str) -> str:
    """The text of a timestamp without time zone."""
    return _with_year(sent, _INFINITE_TIMESTAMPS, "Z", "", _time(sent))


def timestamptz_text(sent: str) -> str:
    """The text of a timestamp with time zone, in UTC."""
    return _with_year(sent, {}, "Z", "+00", _time(sent))


def _with_year(sent: str, infinite: dict[str, str], end: str, zone: str, time: str) -> str:
    """What does not end as it should is left as it is: the cast that follows keeps it as a text."""
    whole = f"concat(substring({sent}, 1, {_DATE_LENGTH}), {time}, '{zone}')"
    after_year = f"position({sent}, '-', 2)"
    year = f"toInt32OrZero(substring({sent}, 1, {after_year} - 1))"
    day = f"substring({sent}, {after_year}, 6)"
    positive = f"if({year} > 0, {year}, 1 - {year})"
    # leftPad would cut off what is longer.
    four_digits = f"if({positive} < 10000, leftPad(toString({positive}), 4, '0'), toString({positive}))"
    named = f"concat({four_digits}, {day}, {time}, '{zone}')"
    signed = f"concat({named}, if({year} > 0, '', ' BC'))"
    infinities = "".join(f"{sent} = '{absurd}', '{text}', " for absurd, text in infinite.items())
    return (
        f"multiIf(NOT endsWith({sent}, '{end}'), {sent}, {infinities}"
        f"substring({sent}, 1, 1) IN ('+', '-') OR startsWith({sent}, '0000-'), {signed}, {whole})"
    )


def _time(sent: str) -> str:
    """The time of day behind its blank, without the noughts that PostgreSQL does not write."""
    time = f"substring({sent}, position({sent}, 'T') + 1, length({sent}) - position({sent}, 'T') - 1)"
    trimmed = f"trimRight(trimRight({time}, '0'), '.')"
    return f"concat(' ', if(length({time}) > {_SECONDS_LENGTH}, {trimmed}, {time}))"
