"""Dates and times of Debezium's JSON (`2026-11-22T22:30:20.500000Z`) as PostgreSQL writes them: SQL expressions.

Years are ISO's: signed beyond four digits, and 0 for the year 1 BC. An infinite date has an absurd year: one that no
date in PostgreSQL can have, or, of `timestamp`'s `infinity`, one microsecond of the year 294247, which is taken for it.
What has no such form is left as it is: the cast that follows keeps it as a text. ClickHouse analyses these expressions
for each insert, so they are kept short.
"""

_INFINITE_DATES = {"-5877611-06-21Z": "infinity", "-5877611-06-22Z": "-infinity"}
_INFINITE_TIMESTAMPS = {"+294247-01-10T04:00:25.2Z": "infinity", "-290308-12-21T19:59:27.6Z": "-infinity"}
_DAY = r"-\\d\\d-\\d\\d"
# PostgreSQL writes neither the noughts at a fraction's end nor an empty fraction.
_TIME = r"T(\\d\\d:\\d\\d:\\d\\d)(\\.\\d*[1-9])?\\.?0*Z$"


def date_text(sent: str) -> str:
    """The text of a date."""
    return _text(sent, _INFINITE_DATES, "Z$", "")


def timestamp_text(sent: str) -> str:
    """The text of a timestamp without time zone."""
    return _text(sent, _INFINITE_TIMESTAMPS, _TIME, r" \\2\\3")


def timestamptz_text(sent: str) -> str:
    """The text of a timestamp with time zone, in UTC."""
    return _text(sent, {"infinity": "infinity", "-infinity": "-infinity"}, _TIME, r" \\2\\3+00")


def _text(sent: str, infinite: dict[str, str], time: str, written: str) -> str:
    infinities = "".join(f"{sent} = '{absurd}', '{text}', " for absurd, text in infinite.items())
    before_christ = f"startsWith({sent}, '-') OR startsWith({sent}, '0000-')"
    year = f"leftPad(toString(1 + toUInt32OrZero(extract({sent}, '[0-9]+'))), 4, '0')"
    behind_year = rf"replaceRegexpOne({sent}, '^-?\\d+({_DAY}){time}', '\\1{written} BC')"
    whole = rf"replaceRegexpOne({sent}, '^[+]?(\\d{{4,}}{_DAY}){time}', '\\1{written}')"
    return f"multiIf({infinities}{before_christ}, concat({year}, {behind_year}), {whole})"
