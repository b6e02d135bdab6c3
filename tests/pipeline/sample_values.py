"""Values of every type that is carried: those at the edges of what either side can hold, and others drawn at random."""

import random
import re
import string
from collections.abc import Callable
from dataclasses import dataclass

Draw = Callable[[random.Random], str]
SEEDED_VALUES = 60
SHARE_OF_NULLS = 0.15
TEXTS = [
    "",
    " ",
    "NULL",
    "\\N",
    "\\",
    "\\\\",
    "\\t",
    "\t",
    "\n",
    "\r\n",
    "\b\f\v\a\x01\x1f\x7f",
    "'",
    '"',
    "''",
    "%",
    "é",
    "𝄞",
    "\u200b",
    "\ufeff",
    "a" * 127,
    "b" * 128,
    "c" * 16_383,
    "d" * 16_384,
    "é" * 5000,
    "{'a': 1}",
    "true",
    "0",
    "-",
    "7:x",
    "\\.",
    "\\x00",
]
TIMES = [
    "1900-01-01 00:00:00",
    "1970-01-01 00:00:00",
    "1969-12-31 23:59:59.999999",
    "2026-11-22 22:30:20.5",
    "2299-12-31 23:59:59",
    "2026-11-22 22:30:00.000001",
    "2000-02-29 10:00:00.100",
    "1899-12-31 23:59:59.5",
    "2300-01-01 00:00:00",
    "9999-12-31 00:00:00",
    "10000-01-01 00:00:00",
    "294276-12-31 23:59:59.999999",
    "infinity",
    "-infinity",
    "0044-03-15 12:00:00 BC",
    "2026-11-22 00:00:00",
]
DECIMALS = ["0", "0.00", "-0.01", "0.1", "1.50", "12345678.90", "-9999999999.99", "9999999999.99", "NaN"]
FLOATS = [
    "0",
    "-0",
    "0.1",
    "1e+20",
    "1e-320",
    "1.7976931348623157e308",
    "Infinity",
    "-Infinity",
    "NaN",
    "3",
    "123456.789",
    "1e15",
    "1e16",
]
VALUES: dict[str, list[str]] = {
    "smallint": ["0", "-32768", "32767"],
    "integer": ["0", "-2147483648", "2147483647"],
    "bigint": ["0", "-9223372036854775808", "9223372036854775807"],
    "real": ["0", "-0", "0.1", "3.4028235e38", "1e-45", "NaN", "Infinity", "16777217"],
    "double precision": FLOATS,
    "numeric(12,2)": DECIMALS,
    "numeric(76,10)": ["0", "1.0000000001", "-" + "9" * 66 + ".9999999999", "NaN"],
    "numeric(5)": ["0", "-99999", "99999"],
    "numeric": ["0", "0.000", "1.50", "NaN", "Infinity", "-Infinity", "1" * 200, "0." + "0" * 300 + "7", "-1e-30"],
    "uuid": [
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
    ],
    "boolean": ["true", "false"],
    "date": [
        "1900-01-01",
        "1970-01-01",
        "2299-12-31",
        "1899-12-31",
        "2300-01-01",
        "infinity",
        "-infinity",
        "0001-01-01 BC",
        "99999-01-01",
    ],
    "timestamp without time zone": TIMES,
    "timestamp with time zone": [*TIMES, "2026-11-22 22:30:20.5+13:45", "1999-01-01 00:00:00-03"],
    "timestamp(3) with time zone": ["2026-11-22 22:30:20.1239+00", "infinity"],
    "text": TEXTS,
    "character varying(20000)": TEXTS,
    "character(5)": ["", "a", " a", "abcde", "é", "\\", "\t", '"'],
    "text[]": [
        "{}",
        '{a,"b,c",NULL}',
        '{"NULL","",null," "}',
        '{"\\"","\\\\","\t","\n","{}"}',
        "{{a,b},{c,NULL}}",
        "[2:3]={a,b}",
    ],
    "character varying(20)[]": ["{}", "{é,𝄞}", "{NULL}", '{"a b",0}'],
    "boolean[]": ["{t,f,NULL}"],
    "inet[]": ["{10.0.0.1,10.0.0.0/8}"],
    "double precision[]": ["{0.1,1e+20,NaN,-0}"],
    "timestamp with time zone[]": ["{2026-11-22 22:30:20.5+13:45,infinity}"],
    "jsonb": ['{"b": [1.50, null, "\\u00e9\\\\"], "a": {}}', "null", '"\\t"', "1e3", "[]"],
    "json": ['{"b":  1.50,\n"a":null}', "null"],
    "inet": ["10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"],
    "cidr": ["10.0.0.0/8", "::/0"],
    "macaddr": ["08:00:2b:01:02:03"],
    "interval": ["1 year 2 mons -3 days 04:05:06.789", "-178000000 years", "00:00:00", "infinity"],
    "time without time zone": ["00:00:00", "24:00:00", "23:59:59.999999"],
    "time with time zone": ["00:00:00+15:59:59", "24:00:00-15:59:59", "23:59:59.999999+00"],
    "bpchar": ["", "a ", " é\\\t"],
    "name": ["", "a b", "é" * 31, '"\\\t'],
    '"char"': ["", "a", "\\377", "\\", "\t"],
    "bytea": ["", "\\x00", "\\xdeadBEEF5c0a09", "\\\\\\000'", "\\x" + "ff" * 9000],
    "bit(3)": ["000", "101"],
    "bit varying(70)": ["", "1", "10" * 35],
    "money": ["0", "-92233720368547758.08", "92233720368547758.07", "1234.5"],
    "jsonpath": ["$", 'strict $."a b"[*] ? (@ > 1.50 && @ like_regex "\\\\d\\t")'],
    "tsvector": ["", "'a b':1A,2B 'it''s':16383 '\\\\':3", "z a é"],
    "tsquery": ["", "'a b' & !b:*AB | 'it''s' <2> c"],
    "macaddr8": ["08:00:2b:01:02:03:04:05", "08-00-2b-01-02-03"],
    "point": ["(0,-0)", "(1e300,NaN)", "(Infinity,0.1)"],
    "line": ["{1,-1,0.1}"],
    "lseg": ["[(0,0),(1,0.1)]"],
    "box": ["(2,2),(0,0)"],
    "path": ["[(0,0),(1,1)]", "((0,0),(1,1),(2,0))"],
    "polygon": ["((0,0),(1,1),(2,0.3))"],
    "circle": ["<(0,0),1e20>"],
    "int4range": ["empty", "[1,5]", "(,)", "[-2147483648,2147483647)"],
    "int8range": ["empty", "(,9223372036854775807)"],
    "numrange": ["[0.10,1.50]", "[NaN,]"],
    "tsrange": ['["2026-11-22 22:30:20.5",infinity)', '("0044-03-15 BC",)'],
    "tstzrange": ['["2026-11-22 22:30:20.5+13:45",)'],
    "daterange": ["[-infinity,2026-01-01]", '["0044-03-15 BC",2026-01-01)'],
    "int4multirange": ["{}", "{[1,3),[5,9)}"],
    "int8multirange": ["{(,1),[3,)}"],
    "nummultirange": ["{[0.10,1.50]}"],
    "tsmultirange": ['{["2026-01-01 00:00",)}'],
    "tstzmultirange": ['{["2026-01-01 00:00+05",)}'],
    "datemultirange": ["{[2026-01-01,2026-02-01)}"],
    "oid": ["0", "4294967295"],
    "xid": ["0", "4294967295"],
    "xid8": ["0", "18446744073709551615"],
    "cid": ["0", "4294967295"],
    "tid": ["(0,1)", "(4294967295,65535)"],
    "pg_lsn": ["0/0", "FFFFFFFF/FFFFFFFF"],
    "pg_snapshot": ["1:1:", "10:20:10,14,15"],
    "txid_snapshot": ["10:20:10,14,15"],
    "refcursor": ["", "<unnamed portal 1>", "\\\t"],
    "int2vector": ["", "1 -2 3"],
    "oidvector": ["", "1 4294967295"],
    # What a database or an extension defines, by DEFINED.
    "mood": ["glad", "it's, so \\ so", ""],
    "price": ["0.00", "9999999999.99"],
    "words": ["{}", '{a,"b c"}'],
    "address": ["(,)", '("a ""b"", \\\\",1)', "(é,)"],
    "float_range": ["[0.1,1e20)", "empty"],
    "float_multirange": ["{[0.1,0.3)}"],
    "hstore": ["", '"a b"=>"1", "c\\\\"=>NULL'],
    "citext": ["", "Anna\t"],
}
# The server of the tests is built without XML: no value of it can be written there.
NOT_TRIED = frozenset({"xml"})
DEFINED = (
    "CREATE TYPE mood AS ENUM ('glad', 'it''s, so \\ so', '')",
    "CREATE DOMAIN price AS numeric(12,2)",
    "CREATE DOMAIN words AS text[]",
    "CREATE TYPE address AS (street text, number integer)",
    "CREATE TYPE float_range AS RANGE (subtype = float8, multirange_type_name = float_multirange)",
    "CREATE EXTENSION hstore",
    "CREATE EXTENSION citext",
)
# The array of each type: of none, of all values and a NULL, and of arrays.
_DELIMITERS = {"box": ";"}


def _arrays(name: str, values: list[str]) -> list[str]:
    delimiter = _DELIMITERS.get(name, ",")
    quoted = ['"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values if len(value) < 1000]
    pair = f"{{{quoted[0]}{delimiter}NULL}}"
    return ["{}", f"{{{delimiter.join([*quoted, 'NULL'])}}}", f"{{{pair}{delimiter}{pair}}}"]


ARRAYS = {f"{name}[]": _arrays(name, values) for name, values in VALUES.items() if not name.endswith("[]")}
VALUES |= {name: values for name, values in ARRAYS.items() if name not in VALUES}


@dataclass(frozen=True)
class Sample:
    """One row: its number, and a text or NULL for each column."""

    number: int
    texts: tuple[str | None, ...]


def samples(seed: int) -> list[Sample]:
    """Each edge value in a row of its own beside others drawn at random, and rows of random values."""
    rng = random.Random(seed)
    longest = max(map(len, VALUES.values()))
    edges = [tuple(values[row % len(values)] for values in VALUES.values()) for row in range(longest)]
    drawn = [tuple(_drawn(rng, name) for name in VALUES) for _ in range(SEEDED_VALUES)]
    return [Sample(number, texts) for number, texts in enumerate([*edges, *drawn, tuple(None for _ in VALUES)])]


def _drawn(rng: random.Random, name: str) -> str | None:
    if rng.random() < SHARE_OF_NULLS:
        return None
    draw = DRAWN.get(re.sub(r"\(\d+\)", "", name))
    return draw(rng) if draw else rng.choice(VALUES[name])


def _integer(bits: int) -> Draw:
    return lambda rng: str(rng.randrange(-(2 ** (bits - 1)), 2 ** (bits - 1)))


def _date(rng: random.Random) -> str:
    return f"{rng.randint(1, 9999):04}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def _timestamp(rng: random.Random) -> str:
    time = f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}.{rng.randrange(10**6):06}"
    return f"{_date(rng)} {time}"


def _text(rng: random.Random) -> str:
    return "".join(rng.choices(LETTERS, k=rng.choice([0, 1, 3, 20, 130])))


def _array(rng: random.Random) -> str:
    escaped = (_text(rng).replace("\\", "\\\\").replace('"', '\\"') for _ in range(rng.randrange(4)))
    return "{" + ",".join(f'"{text}"' for text in escaped) + "}"


LETTERS = string.printable + "\\\\\\éß漢𝄞'\"\t\n\r"
DRAWN: dict[str, Draw] = {
    "smallint": _integer(16),
    "integer": _integer(32),
    "bigint": _integer(64),
    "real": lambda rng: f"{rng.uniform(-1e6, 1e6):.9g}",
    "double precision": lambda rng: repr(rng.uniform(-1, 1) * 10 ** rng.randint(-300, 300)),
    "date": _date,
    "timestamp without time zone": _timestamp,
    "timestamp with time zone": _timestamp,
    "text": _text,
    "character varying": _text,
    "text[]": _array,
}
