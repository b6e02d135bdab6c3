"""How transactions are told apart in ClickHouse: by epoch, xid, and the commit's time as every source says it.

Debezium says of a transaction's end when it was committed to the millisecond, of its changes to the microsecond.
"""


def said_at(commit_time: str) -> str:
    """The time of a commit as a transaction's end says it, of an expression for the time as changes do."""
    return f"toStartOfMillisecond({commit_time})"
