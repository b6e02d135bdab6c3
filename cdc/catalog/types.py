"""How each PostgreSQL type is carried: its ClickHouse type, the cast from text, and the text that cast must give back.

A value travels as the text PostgreSQL writes for it. In ClickHouse it is cast, and the cast is *loud*: where turning
the typed value back into text does not give the very text that came, the text itself is kept beside it. So the text of
every value can be had from ClickHouse exactly, whatever the cast could not hold, and that text is what proofs compare.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

# PostgreSQL's types that ClickHouse keeps as the very text; none of them has a type there that holds every value.
CARRIED_AS_TEXT = frozenset(
    {
        *("text", "character varying", "character", "bpchar", "name", '"char"', "bytea", "bit", "bit varying"),
        *("json", "jsonb", "jsonpath", "xml", "tsvector", "tsquery"),
        *("numeric", "money", "interval", "time without time zone", "time with time zone"),
        *("inet", "cidr", "macaddr", "macaddr8"),
        *("point", "line", "lseg", "box", "path", "polygon", "circle"),
        *("int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange"),
        *("int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange"),
        *("oid", "xid", "xid8", "cid", "tid", "pg_lsn", "pg_snapshot", "txid_snapshot", "refcursor"),
        *("int2vector", "oidvector"),
    }
)
_NAMED_IN_THE_CATALOG = "its text is a name, which changes without a change of the row: keep an oid or a text instead"
_INTERNAL = "PostgreSQL keeps such values for itself and takes none from outside"
REFUSED: dict[str, str] = {
    **dict.fromkeys(
        (
            *("regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator"),
            *("regproc", "regprocedure", "regrole", "regtype", "aclitem"),
        ),
        _NAMED_IN_THE_CATALOG,
    ),
    **dict.fromkeys(
        (
            *("gtsvector", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary", "pg_dependencies"),
            *("pg_mcv_list", "pg_ndistinct", "pg_node_tree"),
        ),
        _INTERNAL,
    ),
}
_DECIMAL_DIGITS = 76
_ARRAY = re.compile(r"(?P<element>.+?)(\[\])+")
# A type that a database or an extension of it defines, as `type_names_sql` names it: its kind, schema and name.
_DEFINED = re.compile(r"(?P<kind>enum|composite|range|multirange|base) .+", re.DOTALL)
_BUILT_IN = re.compile(r'(?P<name>"char"|[a-z][a-z0-9_ ]*?)\s*(\((?P<arguments>[\d, -]+)\))?(?P<rest>[a-z ]*)')


class UnsupportedTypeError(ValueError):
    """A column's type has no canonical text, or must not be carried; the message says which."""


@dataclass(frozen=True)
class TypeRule:
    """One PostgreSQL type in ClickHouse; the two functions render SQL expressions over the expression they are given.

    clickhouse: the type without Nullable; cast: text to Nullable typed value; text: typed value to PostgreSQL's text;
    postgres_text: the same text in PostgreSQL; keeps_inexact: whether a value whose text differs still holds the value
    (floats, which can be written in several ways) or must give way to NULL.
    """

    clickhouse: str
    cast: Callable[[str], str]
    text: Callable[[str], str]
    postgres_text: Callable[[str], str]
    keeps_inexact: bool = False

    @property
    def is_text(self) -> bool:
        """Whether the value is the text itself, so that nothing can be lost."""
        return self.clickhouse in {"String", "LowCardinality(String)"}

    @property
    def nullable(self) -> str:
        """The ClickHouse type of a column that may be NULL."""
        inner = re.fullmatch(r"LowCardinality\((.+)\)", self.clickhouse)
        return f"LowCardinality(Nullable({inner[1]}))" if inner else f"Nullable({self.clickhouse})"

    @property
    def default(self) -> str:
        """A value of the type that stands for none."""
        named = self.clickhouse.replace("'", "''")
        return f"defaultValueOfTypeName('{named}')"

    @property
    def storage(self) -> tuple[str, str, str, bool]:
        """What is equal for two types whose values ClickHouse keeps in the same way."""
        return self.clickhouse, self.cast("x"), self.text("x"), self.keeps_inexact

    def loss(self, source: str, typed: str) -> str:
        """True where the text `source` is not what its cast `typed` gives back."""
        return f"isDistinctFrom({self.text(typed)}, {source})"

    def value(self, source: str) -> str:
        """The typed value of the text `source`, NULL where the type cannot hold it."""
        cast = self.cast(source)
        return cast if self.is_text or self.keeps_inexact else f"if({self.loss(source, cast)}, NULL, {cast})"


def _integer(bits: int) -> TypeRule:
    return TypeRule(f"Int{bits}", lambda x: f"toInt{bits}OrNull({x})", _to_string, _plain_text)


def _float(bits: int) -> TypeRule:
    return TypeRule(f"Float{bits}", lambda x: f"toFloat{bits}OrNull({x})", _to_string, _plain_text, keeps_inexact=True)


def _decimal(precision: int, scale: int) -> TypeRule:
    width = next(bits for bits, digits in ((32, 9), (64, 18), (128, 38), (256, _DECIMAL_DIGITS)) if precision <= digits)
    return TypeRule(
        f"Decimal({precision}, {scale})",
        lambda x: f"CAST(toDecimal{width}OrNull({x}, {scale}), 'Nullable(Decimal({precision}, {scale}))')",
        lambda c: f"toDecimalString({c}, {scale})",
        _plain_text,
    )


def _to_string(column: str) -> str:
    return f"toString({column})"


def _plain_text(column: str) -> str:
    return f"{column}::text"


def _text_as_sent(column: str) -> str:
    # As replication and COPY write it. Some casts to text say something else: true for t, 10.0.0.1/32 for 10.0.0.1, a
    # character(n) without its blanks. And a row of which a part is NULL is not NULL, though it IS NOT NULL is false.
    return f"CASE WHEN {column} IS DISTINCT FROM NULL THEN concat({column}) END"


def _seconds_trimmed(column: str) -> str:
    return f"replaceRegexpOne(toString({column}), '\\\\.?0*$', '')"


_TEXT = TypeRule("String", lambda x: x, lambda c: c, _plain_text)
_TEXT_AS_SENT = replace(_TEXT, postgres_text=_text_as_sent)
_LABEL = TypeRule("LowCardinality(String)", lambda x: x, lambda c: f"CAST({c}, 'Nullable(String)')", _plain_text)
_FIXED: dict[str, TypeRule] = {
    "smallint": _integer(16),
    "integer": _integer(32),
    "bigint": _integer(64),
    "real": _float(32),
    "double precision": _float(64),
    "uuid": TypeRule("UUID", lambda x: f"toUUIDOrNull({x})", _to_string, _plain_text),
    "boolean": TypeRule(
        "Bool",
        lambda x: f"multiIf({x} = 't', true, {x} = 'f', false, NULL)",
        lambda c: f"substring(toString({c}), 1, 1)",
        _text_as_sent,
    ),
    "date": TypeRule("Date32", lambda x: f"toDate32OrNull({x})", _to_string, _plain_text),
    "timestamp without time zone": TypeRule(
        "DateTime64(6, 'UTC')", lambda x: f"toDateTime64OrNull({x}, 6, 'UTC')", _seconds_trimmed, _plain_text
    ),
    "timestamp with time zone": TypeRule(
        "DateTime64(6, 'UTC')",
        lambda x: f"toDateTime64OrNull(replaceOne({x}, '+00', ''), 6, 'UTC')",
        lambda c: f"concat({_seconds_trimmed(c)}, '+00')",
        _plain_text,
    ),
    "label": _LABEL,
    **dict.fromkeys(CARRIED_AS_TEXT, _TEXT_AS_SENT),
    # The cheaper cast, where it says the same.
    **dict.fromkeys(("text", "character varying", "json", "jsonb", "numeric"), _TEXT),
}


def rule_for(postgres_type: str) -> TypeRule:
    """The rule of a type as `type_names_sql` names it, e.g. `numeric(12,2)`; UnsupportedTypeError names one without.

    PostgreSQL's own are named as `format_type` does, others by their kind, schema and name: `enum public.mood`. `label`
    stands for text whose values a check constraint lists. An array is the text that PostgreSQL writes of it,
    `{a,"b,c",NULL}`: ClickHouse has no array that can be NULL.
    """
    array = _ARRAY.fullmatch(postgres_type)
    if array:
        rule_for(array["element"])
        return _TEXT_AS_SENT
    defined = _DEFINED.fullmatch(postgres_type)
    if defined:
        return _LABEL if defined["kind"] == "enum" else _TEXT_AS_SENT
    return _rule_of_built_in(postgres_type)


def _rule_of_built_in(postgres_type: str) -> TypeRule:
    match = _BUILT_IN.fullmatch(postgres_type)
    name = f"{match['name']}{match['rest']}" if match else postgres_type
    if match and name == "numeric" and match["arguments"]:
        return _numeric_rule([int(part) for part in match["arguments"].split(",")])
    # An interval of certain fields, e.g. `interval day to second(3)`, is written as any other.
    rule = _FIXED.get("interval" if name.startswith("interval ") else name)
    if rule is None:
        reason = REFUSED.get(name, "it is none of PostgreSQL's own that has a rule")
        raise UnsupportedTypeError(f"type {postgres_type} cannot be carried: {reason}")
    return rule


def _numeric_rule(arguments: list[int]) -> TypeRule:
    precision, scale = (*arguments, 0)[:2]
    return _decimal(precision, scale) if 0 <= scale <= precision <= _DECIMAL_DIGITS else _TEXT
