"""Envelopes: a service's topics into ClickHouse as Kafka holds them; change by change where some are refused."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from clickhouse_connect.driver import Client

from cdc.batch import Rows
from cdc.bookkeeping.copies import want_copies
from cdc.catalog.envelope_names import (
    ENVELOPE_FORMAT,
    ENVELOPE_INSERT_SETTINGS,
    ENVELOPE_MESSAGES,
    ENVELOPE_TRANSACTIONS,
)
from cdc.catalog.envelope_sql import envelopes_of
from cdc.catalog.model import CapturedTable
from cdc.catalog.partition_truncates import TRUNCATE_PREFIX
from cdc.catalog.topics import message_topic, table_topics, transaction_topic
from cdc.clickhouse import insert
from cdc.dead_letters.attempt import attempt_envelopes
from cdc.dead_letters.landed import LandedRow
from cdc.dead_letters.parking import Parking
from cdc.kafka.lane import Record, Taken
from cdc.kafka.normalising import landed
from cdc.shapes.shapes import Shapes

_PARTITION_TRUNCATED = "a partition was truncated"


class _ShapeMovedError(Exception):
    """PostgreSQL has other columns by now than the table had that was inserted into."""


class Envelopes:
    """Stores what was taken of any topic of a service; lanes may be stored side by side."""

    def __init__(self, client: Client, service: str, shapes: Shapes, parking: Parking) -> None:
        self._client, self._service, self._shapes, self._parking = client, service, shapes, parking
        self._named = {topic: table.sent_as for topic, table in table_topics(shapes.catalog).items()}
        self._others = {transaction_topic(service): ENVELOPE_TRANSACTIONS, message_topic(service): ENVELOPE_MESSAGES}

    def store(self, topic: str, taken: Taken) -> None:
        """Return once everything is durable, as a row or as a letter; errors as `Parking.store` raises them."""
        if topic not in self._others:
            self._store_changes(self._named[topic], [each for each in taken.records if each.value is not None])
            return
        if topic == message_topic(self._service):
            self._want_copies(taken.values)
        self._insert(self._others[topic], taken.values)

    def _store_changes(self, named: tuple[str, str], changes: Sequence[Record]) -> None:
        while True:
            table = self._table(named)
            whole = partial(self._attempt_whole, table, changes)
            try:
                self._parking.store_as(table, whole, partial(self._landed, table, changes))
            except _ShapeMovedError:
                continue
            return

    def _attempt_whole(self, table: CapturedTable, changes: Sequence[Record]) -> str | None:
        refusal = attempt_envelopes(self._client, table, [change.value or b"" for change in changes])
        if refusal is not None:
            self._follow(table, changes)
        return refusal

    def _landed(self, table: CapturedTable, changes: Sequence[Record]) -> list[LandedRow]:
        rows = list(landed(self._client, table, [change for change in changes if not _is_truncate(change)]))
        if any(row.unreadable for row in rows):
            self._follow(table, changes)
        self._insert(envelopes_of(table), [change.value or b"" for change in changes if _is_truncate(change)])
        return rows

    def _follow(self, table: CapturedTable, changes: Iterable[Record]) -> None:
        """See whether a refusal has to do with columns; _ShapeMovedError if the table has others by now."""
        self._shapes.compare_with_postgres()
        known = {column.name for column in self._table(table.sent_as).stored_columns}
        if names := _fields(changes) - known:
            self._shapes.keep_gone(self._table(table.sent_as), sorted(names))
        if self._table(table.sent_as) != table:
            raise _ShapeMovedError

    def _table(self, named: tuple[str, str]) -> CapturedTable:
        return self._shapes.catalog.by_name[named]

    def _want_copies(self, messages: Iterable[bytes]) -> None:
        tables = {f"{schema}.{name}": table.name for (schema, name), table in self._shapes.catalog.by_name.items()}
        for epoch, lsn, root in _truncated_partitions(messages):
            if root in tables:
                want_copies(self._client, self._service, epoch, lsn, [(tables[root], _PARTITION_TRUNCATED)])

    def _insert(self, table: str, values: Sequence[bytes]) -> None:
        if values:
            rows = Rows(len(values), b"\n".join(values), ENVELOPE_FORMAT)
            insert(self._client, table, None, rows, ENVELOPE_INSERT_SETTINGS)


def _is_truncate(change: Record) -> bool:
    # Quotes within a text are escaped, so that only a field can look like this: the change's own, or a column's.
    return b'"op":"t"' in (change.value or b"") and json.loads(change.value or b"").get("op") == "t"


def _fields(changes: Iterable[Record]) -> set[str]:
    """The names of all columns in some changes; none of those that cannot be read."""
    names = set[str]()
    for change in changes:
        try:
            said = json.loads(change.value or b"")
            names |= {*(said.get("before") or ()), *(said.get("after") or ())}
        except (ValueError, AttributeError, TypeError):
            continue
    return names


def _truncated_partitions(messages: Iterable[bytes]) -> Iterator[tuple[int, int, str]]:
    """Epoch, LSN and root's name of each message that a partition's TRUNCATE wrote."""
    prefix = TRUNCATE_PREFIX.encode()
    for message in messages:
        if prefix in message:
            said = json.loads(message)
            if said["message"]["prefix"] == TRUNCATE_PREFIX:
                yield said["epoch"], said["source"]["lsn"], bytes.fromhex(said["message"]["content"]).decode()
