"""What a refusal of ClickHouse is about: the tables and rights, which stops capture, or the rows, which are parked."""

import re

from cdc.clickhouse import InsertRefusedError

_SCHEMA = "the tables in ClickHouse are not what the catalog wants"
_RIGHTS = "capture's user may not write there"
_STATEMENT = "ClickHouse does not understand the insert itself"
# Every row would be refused for these, so a row says nothing of them. Any other code may be about a row: one that is
# not, and is not known here, refuses every row as well, which soon are too many in a row.
STOPPING: dict[int, str] = {
    **dict.fromkeys(
        (
            *(8, 10, 16, 47, 207, 352),  # a column that is not there, or is there twice
            *(9, 20, 53, 342, 386),  # columns of other numbers or types
            *(60, 81, 218, 741),  # a table or database that is not there, was dropped or exchanged
        ),
        _SCHEMA,
    ),
    **dict.fromkeys(
        (
            *(164, 242, 472, 495, 774),  # read only: the user, the table, a setting
            *(192, 193, 194, 195, 516),  # who the user is
            *(291, 392, 446, 452, 497, 620, 673),  # what the user may do
            *(201, 496),  # how much the user may do
        ),
        _RIGHTS,
    ),
    **dict.fromkeys(
        (
            *(1, 48, 62, 73, 115),  # syntax, format, setting
            *(42, 43, 44, 46, 50),  # functions and types, in the query that makes typed versions
        ),
        _STATEMENT,
    ),
}
# A field of JSON that a tuple has no element for: the message brings a column that the table has not.
UNKNOWN_FIELD = frozenset({10})
_SERVERS_WORDS = re.compile(r"DB::Exception: (?P<said>.*?)(: while executing .*)? \(for url .*\)$", re.DOTALL)
_LONGEST_REASON = 1000


def stopping_reason(error: InsertRefusedError) -> str | None:
    """Why no row at all can be stored, None if the refusal may be about a row."""
    return STOPPING.get(error.code) if error.code is not None else None


def reason_of(error: InsertRefusedError) -> str:
    """ClickHouse's own words for a refusal, without what the driver and the server's stack put around them."""
    said = _SERVERS_WORDS.search(str(error))
    return (said["said"] if said else str(error))[:_LONGEST_REASON]
