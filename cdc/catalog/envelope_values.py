"""How each PostgreSQL type comes through Debezium: as the text PostgreSQL writes, as one that is mapped to it, or not.

Every rule holds for the settings that `cdc.connect.configuration` gives a connector, and was found by a run with real
values of every type (cdc/DESIGN.md has its table). What cannot be told for certain is refused by the type's name.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cdc.catalog.envelope_arrays import array_text, not_one_dimension
from cdc.catalog.envelope_floats import between_two, float_text
from cdc.catalog.envelope_times import date_text, timestamp_text, timestamptz_text

Expression = Callable[[str], str]
_ARGUMENTS = re.compile(r"\([\d, -]+\)")
_AS_SENT = frozenset(
    {
        *("smallint", "integer", "bigint", "oid", "uuid", "label", "enum", "citext"),
        *("text", "character varying", "character", "bpchar", "name", '"char"', "json", "jsonb", "tsvector"),
        *("inet", "cidr", "macaddr", "macaddr8"),
        *("int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange"),
    }
)
# Debezium has no rule for these: it sends the bytes of their text, in hexadecimal digits.
_AS_BYTES = frozenset(
    {
        *("jsonpath", "tsquery", "refcursor", "xid", "xid8", "cid", "tid", "pg_lsn", "pg_snapshot", "txid_snapshot"),
        *("int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange"),
        *("composite", "range", "multirange"),
    }
)
_NUMBERS_IN_ARRAYS = frozenset({"smallint", "integer", "bigint", "oid", "boolean"})
_TEXTS_IN_ARRAYS = frozenset(
    {
        *("text", "character varying", "character", "bpchar", '"char"', "json", "jsonb", "uuid"),
        *("inet", "cidr", "macaddr", "macaddr8"),
        *("int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange"),
    }
)
_UNLIKE_NUMBERS = "Debezium writes the numbers in it as Java does"
_REFUSED: Mapping[str, str] = {
    "interval": "Debezium sends infinity as no time at all",
    "time without time zone": "Debezium sends 24:00 as 00:00",
    "time with time zone": "Debezium loses its zone, and stops at a zone that has seconds",
    "bit": "Debezium loses its leading zeros",
    "bit varying": "Debezium loses its leading zeros",
    "money": "its text follows a setting that Debezium does not pin",
    "int2vector": "it comes empty",
    "oidvector": "it comes empty",
    **dict.fromkeys(("point", "line", "lseg", "box", "path", "polygon", "circle"), _UNLIKE_NUMBERS),
}
_UNKNOWN = "what Debezium makes of it is not known"
_ARRAY_REFUSED = "Debezium sends no array of these faithfully"


class NotByKafkaError(ValueError):
    """A type that Debezium does not carry faithfully; the message says why."""


@dataclass(frozen=True)
class EnvelopeRule:
    """One type's values in Debezium's JSON; both functions render SQL over the expression of what was sent.

    text: the text that PostgreSQL writes; unfit: true of what was sent for a value that cannot be told from it.
    """

    text: Expression
    unfit: Expression | None = None


def envelope_rule(postgres_type: str) -> EnvelopeRule:
    """The rule of a type as `cdc.catalog.types.rule_for` takes it; NotByKafkaError says why one has none."""
    if postgres_type.endswith("[]"):
        return _array_rule(postgres_type.removesuffix("[]"))
    name = _name(postgres_type)
    if name in _AS_SENT:
        return EnvelopeRule(lambda sent: sent)
    if name in _AS_BYTES:
        return EnvelopeRule(lambda sent: f"unhex({sent})")
    if name in _MAPPED:
        return _MAPPED[name]
    reason = _REFUSED.get("interval" if name.startswith("interval ") else name, _UNKNOWN)
    raise NotByKafkaError(f"Debezium does not carry {postgres_type} faithfully: {reason}")


def _array_rule(element: str) -> EnvelopeRule:
    name, of_texts = _name(element), True
    if name in _NUMBERS_IN_ARRAYS:
        of_texts = False
    elif name not in _TEXTS_IN_ARRAYS:
        raise NotByKafkaError(f"Debezium does not carry {element}[] faithfully: {_ARRAY_REFUSED}")
    rule = envelope_rule(element)
    return EnvelopeRule(
        lambda sent: array_text(sent, rule.text), lambda sent: not_one_dimension(sent, of_texts=of_texts)
    )


def _name(postgres_type: str) -> str:
    """A type's name without its arguments; its kind, of what a database defines, but for citext."""
    kind, _, rest = postgres_type.partition(" ")
    if kind in {"enum", "composite", "range", "multirange"} and rest:
        return kind
    if kind == "base":
        return "citext" if rest.rpartition(".")[2] == "citext" else postgres_type
    return re.sub(r"\s+", " ", _ARGUMENTS.sub("", postgres_type)).strip()


def _boolean(sent: str) -> str:
    return f"multiIf({sent} = 'true', 't', {sent} = 'false', 'f', {sent})"


def _numeric(sent: str) -> str:
    names = {"NAN": "NaN", "POSITIVE_INFINITY": "Infinity", "NEGATIVE_INFINITY": "-Infinity"}
    pairs = ", ".join(f"{sent} = '{java}', '{text}'" for java, text in names.items())
    return f"multiIf({pairs}, {sent})"


_MAPPED: Mapping[str, EnvelopeRule] = {
    "boolean": EnvelopeRule(_boolean),
    "numeric": EnvelopeRule(_numeric),
    "real": EnvelopeRule(lambda sent: float_text(sent, 32), lambda sent: between_two(sent, 32)),
    "double precision": EnvelopeRule(lambda sent: float_text(sent, 64), lambda sent: between_two(sent, 64)),
    "date": EnvelopeRule(date_text),
    "timestamp without time zone": EnvelopeRule(timestamp_text),
    "timestamp with time zone": EnvelopeRule(timestamptz_text),
    "bytea": EnvelopeRule(lambda sent: f"concat('\\\\x', {sent})"),
}
