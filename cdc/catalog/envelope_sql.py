"""The query from Debezium's JSON to landing rows: the image that a change left, each value as PostgreSQL writes it.

Nothing of a change is dropped silently. A field that no column is for is refused by ClickHouse itself, by the settings
that every insert says. A change whose values cannot be told for certain lands with its op in capitals, which the view
behind the landing table refuses: it becomes a dead letter, and shows there what Debezium sent.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from cdc.catalog.clickhouse_ddl import LANDING_HEAD
from cdc.catalog.envelope_names import ENVELOPE_FORMAT, UNAVAILABLE
from cdc.catalog.envelope_values import EnvelopeRule, NotByKafkaError, envelope_rule
from cdc.catalog.model import CapturedTable, Column, quoted

TRUNCATED = "t"
_OPS = "('c', 'u', 'd')"
_SOURCE = 'Tuple(lsn UInt64, ts_us Int64, "txId" Nullable(Int64))'
_NO_ENVELOPE = "this is no change as the connector of huleedu writes it: epoch, lsn or op is not there"
_DIGITS = 8
_NO_LARGE_VALUES = frozenset({"smallint", "integer", "bigint", "boolean", "real", "double precision", "uuid", "date"})

# Debezium's `source` is taken as its text, from which the query reads what it needs: it has a dozen fields more.
ENVELOPE_TAIL = {"source": "String", "op": "String", "ts_ms": "Int64", "epoch": "UInt32"}
SOURCE = f"JSONExtract(envelope.source, '{_SOURCE}') AS _source"


def by_kafka(table: CapturedTable) -> bool:
    """Whether Debezium carries every column of a table faithfully."""
    return not any(column in table.columns for column, _ in refusals(table))


def refusals(table: CapturedTable) -> Iterable[tuple[Column, NotByKafkaError]]:
    """The stored columns that Debezium does not carry faithfully, each with why."""
    for column in table.stored_columns:
        try:
            envelope_rule(column.postgres_type)
        except NotByKafkaError as error:
            yield column, error


@cache
def envelopes_of(table: CapturedTable) -> str:
    """The ClickHouse table that Debezium's changes are inserted into, as Kafka holds them: one for each way to read.

    It could not be altered together with the view that reads it, and a new column must not be lost between. How a type
    is spelled says nothing: the models and PostgreSQL spell some otherwise.
    """
    read = landing_rows(table, "", landing_columns_of(table))
    names = "\n".join(column.name for column in table.stored_columns)
    digest = hashlib.sha256(f"{names}\n{read}".encode()).hexdigest()
    return f"{table.store}.{table.name}_envelopes_{digest[:_DIGITS]}"


def envelope_columns(table: CapturedTable) -> dict[str, str]:
    """The columns of a table of envelopes; those of the captured table are in its images, in the order of storage."""
    image = f"Tuple({', '.join(f'{quoted(column.name)} Nullable(String)' for column in table.stored_columns)})"
    return {"before": image, "after": image, **ENVELOPE_TAIL}


def landing_columns_of(table: CapturedTable) -> tuple[Column, ...]:
    """The stored columns that Debezium carries: a former one may be from before the table came through it."""
    by_slot = {column for column, _ in refusals(table)}
    return tuple(column for column in table.stored_columns if column not in by_slot)


def landing_rows(table: CapturedTable, envelopes: str, columns: Iterable[Column]) -> str:
    """The query for landing rows of these columns from envelopes, TRUNCATEs left out; NotByKafkaError if there is none.

    `envelopes` is what to read them from: the table's own, or a table function.
    """
    places = {column.name: number for number, column in enumerate(table.stored_columns, start=1)}
    values = [_Sent(places[column.name], column) for column in columns]
    large = ", ".join(each.sent for each in values if each.may_be_large)
    unavailable = (f"has([{large}], '{UNAVAILABLE}')",) if large else ()
    without_key = f"envelope.op != 'c' AND isNull(tupleElement(envelope.before, {places[table.key[0]]}))"
    unfit = (each.unfit for each in values if each.unfit)
    wanting = " OR ".join((f"({without_key})", *unavailable, *unfit))
    no_envelope = f"envelope.epoch = 0 OR _source.lsn = 0 OR envelope.op NOT IN {_OPS}"
    head = (
        f"if({wanting}, upper(envelope.op), envelope.op)",
        f"_source.lsn + throwIf({no_envelope}, '{_NO_ENVELOPE}')",
        "envelope.epoch",
        "toUInt32(ifNull(_source.txId, 0))",
        "_source.ts_us",
    )
    selected = (
        *(f"{expression} AS {name}" for expression, name in zip(head, LANDING_HEAD, strict=True)),
        *(f"{each.text} AS {each.quoted}" for each in values),
    )
    image = "if(envelope.op = 'd', envelope.before, envelope.after) AS _image"
    named = ", ".join((SOURCE, image, *(each.named for each in values)))
    return f"WITH {named} SELECT {', '.join(selected)} FROM {envelopes} AS envelope WHERE envelope.op != '{TRUNCATED}'"


def landing_rows_of(table: CapturedTable, envelopes: bytes) -> str:
    """The query for the landing rows of given envelopes, one a line, of the captured columns in their order.

    To be asked with ENVELOPE_INSERT_SETTINGS and a `max_query_size` that it fits into; as RowBinary its answer is what
    `cdc.dead_letters` takes.
    """
    structure = ", ".join(f"{quoted(name)} {kind}" for name, kind in envelope_columns(table).items())
    given = f"format({ENVELOPE_FORMAT}, {_escaped(structure)}, {_escaped(envelopes.decode())})"
    return landing_rows(table, given, table.columns)


def _escaped(text: str) -> str:
    """ClickHouse's literal of any text."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@dataclass(frozen=True)
class _Sent:
    """One column of an envelope's image: what was sent, and what becomes of it."""

    place: int
    column: Column

    @property
    def quoted(self) -> str:
        return quoted(self.column.name)

    @property
    def sent(self) -> str:
        return f"_sent_{self.place}"

    @property
    def named(self) -> str:
        return f"tupleElement(_image, {self.place}) AS {self.sent}"

    @property
    def text(self) -> str:
        return self._rule.text(self.sent)

    @property
    def unfit(self) -> str:
        """The condition under which the value cannot be told from what was sent, if there is one."""
        return self._rule.unfit(self.sent) if self._rule.unfit else ""

    @property
    def may_be_large(self) -> bool:
        """Whether PostgreSQL may store the value beside its row, and send it only if it changes."""
        return self.column.postgres_type not in _NO_LARGE_VALUES

    @property
    def _rule(self) -> EnvelopeRule:
        return envelope_rule(self.column.postgres_type)
