"""The table of types in cdc/DESIGN.md: made from what a real run stored, and held against what the file says.

HULEEDU_WRITE_TYPE_TABLE=1 writes it anew.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from cdc.catalog.clickhouse_ddl import canonical_text
from cdc.catalog.model import CapturedTable, Column
from cdc.catalog.types import REFUSED
from tests.pipeline.capture import Capture
from tests.pipeline.sample_values import ARRAYS, VALUES

_WRITE = "HULEEDU_WRITE_TYPE_TABLE"
_DESIGN = Path(__file__).parents[2] / "cdc" / "DESIGN.md"
_BEGIN, _END = "<!-- types, from a run of tests/connect/test_types_by_kafka.py -->\n", "<!-- end of types -->\n"
_HEAD = (
    "| PostgreSQL | ClickHouse | a text as the slot sends it | what does not fit becomes | through Kafka |\n"
    "|---|---|---|---|---|\n"
)
_LONGEST = 60


# For a type and the text of a value of it: what became of it through Kafka.
ByKafka = Callable[[str, str], str]


def assert_documented(sampled: Capture, by_kafka: ByKafka) -> None:
    """The table of cdc/DESIGN.md is what this run shows."""
    text = _DESIGN.read_text()
    before, _, rest = text.partition(_BEGIN)
    found, _, after = rest.partition(_END)
    wanted = _HEAD + "".join(_lines(sampled, by_kafka))
    if os.environ.get(_WRITE):
        _DESIGN.write_text(before + _BEGIN + wanted + _END + after)
    else:
        assert found == wanted, f"cdc/DESIGN.md says otherwise: {_WRITE}=1 writes its table of types anew"


def _lines(sampled: Capture, by_kafka: ByKafka) -> Iterator[str]:
    [table] = sampled.catalog.tables
    stored = dict(
        sampled.select(
            f"SELECT name, type FROM system.columns WHERE database = '{table.store}' AND table = '{table.name}_latest'"
        )
    )
    for column, name in zip(table.value_columns, VALUES, strict=True):
        if name not in ARRAYS:
            kind = re.sub(r"Nullable\((.*?)\)(?=\)|$)", r"\1", stored[column.name])
            sent = _sent(sampled, table, column)
            unfit = _unfit(sampled, table, column)
            yield _line(_named(column, name), kind, _quoted(sent), unfit, by_kafka(name, sent))
    sent = _sent(sampled, table, _column(table, "text[]"))
    yield _line("array of any of these", "String", _quoted(sent), "", by_kafka("text[]", sent))
    for reason in dict.fromkeys(REFUSED.values()):
        yield _line(
            ", ".join(name for name, said in REFUSED.items() if said == reason), "refused", "", reason, "refused"
        )


def _line(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"


def _named(column: Column, name: str) -> str:
    defined = {"price": "domain over", "words": "domain over"}
    return f"{defined[name]} {column.postgres_type}" if name in defined else column.postgres_type


def _column(table: CapturedTable, name: str) -> Column:
    return table.value_columns[list(VALUES).index(name)]


def _sent(sampled: Capture, table: CapturedTable, column: Column) -> str:
    """The longest text of an edge value that fits a line."""
    edges = len(VALUES[_type(table, column)])
    texts = sampled.select(
        f"SELECT {canonical_text(column)} AS _text FROM {table.latest} FINAL WHERE number < {edges}"
        f" AND length(_text) BETWEEN 1 AND {_LONGEST} AND NOT match(_text, '[[:cntrl:]]')"
        " ORDER BY length(_text) DESC, number"
    )
    return str(texts[0][0]) if texts else ""


def _quoted(sent: str) -> str:
    return f"`{sent}`" if sent else ""


def _unfit(sampled: Capture, table: CapturedTable, column: Column) -> str:
    if column.rule.is_text:
        return ""
    kept = sampled.select(
        f"SELECT _raw['{column.name}'] FROM {table.latest} FINAL WHERE mapContains(_raw, '{column.name}')"
        f" AND number < {len(VALUES[_type(table, column)])} ORDER BY number LIMIT 1"
    )
    if not kept:
        return "every value fits"
    value = "the value" if column.rule.keeps_inexact else "NULL"
    return f"{value}, and the text in `_raw`: `{kept[0][0]}`"


def _type(table: CapturedTable, column: Column) -> str:
    return list(VALUES)[table.value_columns.index(column)]
