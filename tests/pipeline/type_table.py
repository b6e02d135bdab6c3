"""The table of types in cdc/DESIGN.md: made from what a real run stored, and held against what the file says.

HULEEDU_WRITE_TYPE_TABLE=1 writes it anew.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from cdc.catalog.clickhouse_ddl import canonical_text
from cdc.catalog.model import CapturedTable, Column
from cdc.catalog.types import REFUSED
from tests.pipeline.capture import Capture
from tests.pipeline.sample_values import ARRAYS, VALUES

_WRITE = "HULEEDU_WRITE_TYPE_TABLE"
_DESIGN = Path(__file__).parents[2] / "cdc" / "DESIGN.md"
_BEGIN, _END = "<!-- types, from a run of tests/pipeline/test_types_carried.py -->\n", "<!-- end of types -->\n"
_HEAD = "| PostgreSQL | ClickHouse | a text as it is sent | what does not fit becomes |\n|---|---|---|---|\n"
_LONGEST = 60


def assert_documented(sampled: Capture) -> None:
    """The table of cdc/DESIGN.md is what this run shows."""
    text = _DESIGN.read_text()
    before, _, rest = text.partition(_BEGIN)
    found, _, after = rest.partition(_END)
    wanted = _HEAD + "".join(_lines(sampled))
    if os.environ.get(_WRITE):
        _DESIGN.write_text(before + _BEGIN + wanted + _END + after)
    else:
        assert found == wanted, f"cdc/DESIGN.md says otherwise: {_WRITE}=1 writes its table of types anew"


def _lines(sampled: Capture) -> Iterator[str]:
    [table] = sampled.catalog.tables
    stored = dict(
        sampled.select(
            f"SELECT name, type FROM system.columns WHERE database = '{table.store}' AND table = '{table.name}_latest'"
        )
    )
    for column, name in zip(table.value_columns, VALUES, strict=True):
        if name not in ARRAYS:
            kind = re.sub(r"Nullable\((.*?)\)(?=\)|$)", r"\1", stored[column.name])
            yield _line(_named(column, name), kind, _sent(sampled, table, column), _unfit(sampled, table, column))
    yield _line("array of any of these", "String", _sent(sampled, table, _column(table, "text[]")), "")
    for reason in dict.fromkeys(REFUSED.values()):
        yield _line(", ".join(name for name, said in REFUSED.items() if said == reason), "refused", "", reason)


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
    return f"`{texts[0][0]}`" if texts else ""


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
