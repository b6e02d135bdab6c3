"""Normalising: changes as Debezium writes them become landing rows one by one, where some of them were refused.

ClickHouse does it, by the query that its own view uses. Where one cannot be read, those beside it fail too: so they are
halved until it is alone. It is kept as it came, under the key that its message in Kafka has.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from cdc.batch import Rows
from cdc.catalog.envelope_names import ENVELOPE_INSERT_SETTINGS
from cdc.catalog.envelope_sql import landing_rows_of
from cdc.catalog.model import CapturedTable
from cdc.clickhouse import InsertRefusedError, is_passing
from cdc.dead_letters.landed import Head, LandedRow, landed_rows, unreadable_row
from cdc.dead_letters.letter import key_of
from cdc.dead_letters.refusals import UNKNOWN_FIELD, reason_of, stopping_reason
from cdc.kafka.lane import Record

_CHUNK_BYTES = 1 << 20
# The changes are a part of the query; and their order is that of the rows.
_QUERY_SETTINGS = {**ENVELOPE_INSERT_SETTINGS, "max_query_size": 1 << 30, "max_threads": 1}


class _UnreadableError(Exception):
    """Some changes could not be made landing rows; the message says why."""


def landed(client: Client, table: CapturedTable, changes: Sequence[Record]) -> Iterator[LandedRow]:
    """The landing row of each change, in order; the driver's own errors where a later try may go well."""
    for chunk in _chunks(changes):
        yield from _landed(client, table, chunk)


def _landed(client: Client, table: CapturedTable, changes: Sequence[Record]) -> Iterator[LandedRow]:
    reason = ""
    try:
        rows = list(_normalised(client, table, b"\n".join(change.value or b"" for change in changes)))
        if len(rows) == len(changes):
            yield from rows
            return
        reason = f"{len(changes)} changes became {len(rows)} rows"
    except _UnreadableError as error:
        reason = str(error)
    if len(changes) > 1:
        middle = len(changes) // 2
        yield from _landed(client, table, changes[:middle])
        yield from _landed(client, table, changes[middle:])
    else:
        yield _unreadable(client, table, changes[0], reason)


def _normalised(client: Client, table: CapturedTable, values: bytes) -> Iterator[LandedRow]:
    try:
        body = client.raw_query(landing_rows_of(table, values), fmt="RowBinary", settings=_QUERY_SETTINGS)
    except UnicodeDecodeError as error:
        raise _UnreadableError(str(error)) from error
    except DatabaseError as error:
        if is_passing(error):
            raise
        refused = InsertRefusedError(str(error), error.code)
        stopping = None if error.code in UNKNOWN_FIELD else stopping_reason(refused)
        if stopping:
            raise InsertRefusedError(f"{table}: {stopping}: {reason_of(refused)}", error.code) from error
        raise _UnreadableError(reason_of(refused)) from error
    return landed_rows(Rows(0, body), len(table.columns), len(table.key))


def _unreadable(client: Client, table: CapturedTable, change: Record, reason: str) -> LandedRow:
    place = f"{change.topic}-{change.partition} at {change.offset}"
    head, key = _head(change), _key(client, table, change)
    return unreadable_row(head, key, change.value or b"", f"{place} cannot be read: {reason}")


def _head(change: Record) -> Head:
    """What can be read of where the change was; its offset stands for an LSN that cannot."""
    try:
        said: dict[str, Any] = json.loads(change.value or b"")
        source = said["source"]
        return Head(said["op"][:1], source["lsn"], said["epoch"], source["txId"] & 0xFFFFFFFF, source["ts_us"])
    except (ValueError, TypeError, KeyError):
        return Head("?", change.offset, 0, 0, 0)


def _key(client: Client, table: CapturedTable, change: Record) -> bytes:
    """The key of Kafka's message as a deletion of it would land; as it came where it cannot be read."""
    deletion = b'{"op":"d","before":%s,"source":{"lsn":1,"ts_us":0,"txId":0},"epoch":1}' % (change.key or b"null")
    try:
        [row] = _normalised(client, table, deletion)
    except (_UnreadableError, ValueError):
        return key_of(((change.key or b"").decode(errors="backslashreplace"), *("" for _ in table.key[1:])))
    return row.key


def _chunks(changes: Sequence[Record]) -> Iterator[Sequence[Record]]:
    start, size = 0, 0
    for at, change in enumerate(changes):
        size += len(change.value or b"")
        if size >= _CHUNK_BYTES:
            yield changes[start : at + 1]
            start, size = at + 1, 0
    if start < len(changes):
        yield changes[start:]
