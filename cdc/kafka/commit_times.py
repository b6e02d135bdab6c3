"""When changes were committed: read at the end of a few messages of a batch, past their rows, which are not parsed."""

import json

from cdc.kafka.lane import Record, Taken

_SOURCE = b'"source":{'
_DECODER = json.JSONDecoder()
# What a time is kept in, here as by ClickHouse.
_LATEST_US = 1 << 63


def commit_us(value: bytes) -> int | None:
    """When a message's change was committed, in µs by PostgreSQL's clock; None if that cannot be read."""
    # Quotes within a text are escaped, so that only a field can look like this; the message's own comes after the rows.
    at = value.rfind(_SOURCE)
    if at < 0:
        return None
    try:
        source, _ = _DECODER.raw_decode(value[at + len(_SOURCE) - 1 :].decode())
    except (ValueError, RecursionError):
        # What is no message of the connector's is parked by whoever stores it; a metric may not end the stream.
        return None
    found = source.get("ts_us")
    return found if isinstance(found, int) and 0 < found < _LATEST_US else None


def oldest_and_newest_us(taken: Taken) -> tuple[int, int] | None:
    """When a batch's first and last changes were committed, None if no message says so.

    Each partition has its changes in the order of their commits. What comes once more comes after them, and was stored.
    """
    first = {record.partition: record for record in reversed(taken.records)}
    last = {record.partition: record for record in taken.records}
    told = [found for record in (*first.values(), *last.values()) if (found := _commit_us(record)) is not None]
    return (min(told), max(told)) if told else None


def _commit_us(record: Record) -> int | None:
    return commit_us(record.value or b"")
