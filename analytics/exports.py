"""Answers as files for other programs: CSV for spreadsheets, Parquet with types for everything that computes."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import csv, parquet

from analytics.changes import Change
from analytics.errors import QuestionError

_INSTANT = pa.timestamp("us", tz="UTC")
_CHANGE_COLUMNS = {
    "at": _INSTANT,
    **dict.fromkeys(("kind", "table", "key", "user_id", "correlation_id", "route", "reason"), pa.string()),
    **dict.fromkeys(("column", "old", "new", "version"), pa.string()),
}
# What CSV has no form for is written as Python's text of it.
_HAS_CSV_FORM = (
    *(pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean, pa.types.is_string),
    *(pa.types.is_timestamp, pa.types.is_date, pa.types.is_null),
)


class Format(StrEnum):
    """How an answer is given: for people, or for programs."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True)
class Outlet:
    """Where an answer goes and in which form: CSV and Parquet to a file, or to standard output without a path."""

    form: Format
    path: Path | None = None

    @property
    def is_export(self) -> bool:
        """Whether the answer is written whole, for other programs, rather than told line by line."""
        return self.form in {Format.CSV, Format.PARQUET}

    @property
    def is_json(self) -> bool:
        """Whether the answer is told in JSON lines."""
        return self.form is Format.JSON

    @property
    def is_typed(self) -> bool:
        """Whether values keep their types; otherwise they are the texts that PostgreSQL writes."""
        return self.form is Format.PARQUET

    def write(self, answer: pa.Table) -> None:
        """Write the whole answer; a file appears only once it is whole."""
        if self.path is None:
            self._write_to(answer, sys.stdout.buffer)
            return
        half = self.path.with_name(f".{self.path.name}.part")
        try:
            with half.open("wb") as file:
                self._write_to(answer, file)
            half.replace(self.path)
        finally:
            half.unlink(missing_ok=True)

    def _write_to(self, answer: pa.Table, stream: BinaryIO) -> None:
        if self.form is Format.PARQUET:
            parquet.write_table(answer, stream)
        else:
            csv.write_csv(_flat(answer), stream)
        stream.flush()


def outlet_of(output: str | None, *, as_json: bool) -> Outlet:
    """What `--output` names, a format or a file of one, or `--json`; QuestionError if it is neither, or both differ."""
    if as_json and output not in {None, Format.JSON}:
        raise QuestionError(f"--json and --output {output}: one of them")
    if output is None:
        return Outlet(Format.JSON if as_json else Format.TABLE)
    if output in list(Format):
        found = Outlet(Format(output))
    else:
        suffix = Path(output).suffix.removeprefix(".").lower()
        if suffix not in {Format.CSV, Format.PARQUET}:
            forms = ", ".join(Format)
            raise QuestionError(
                f"--output {output} is neither {forms}, nor the name of a file that ends with .csv or .parquet"
            )
        found = Outlet(Format(suffix), Path(output))
    if found.is_typed and found.path is None and sys.stdout.isatty():
        raise QuestionError("Parquet is not for a terminal: name a file, as in --output answer.parquet, or pipe it on")
    return found


def text_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> pa.Table:
    """Rows of texts, NULLs and instants as a table; a column with an instant in it is one of instants."""
    found = list(rows)
    arrays = [
        pa.array([row[place] for row in found], _INSTANT if name == "_commit_time" else pa.string())
        for place, name in enumerate(columns)
    ]
    return pa.table(dict(zip(columns, arrays, strict=True)))


def change_table(changes: Iterable[Change]) -> pa.Table:
    """A timeline with a row for each column that changed; a change of no column is one row without a column."""
    rows = [row for change in changes for row in _change_rows(change)]
    arrays = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(_CHANGE_COLUMNS.values())]
    return pa.table(dict(zip(_CHANGE_COLUMNS, arrays, strict=True)))


def _change_rows(change: Change) -> list[tuple[Any, ...]]:
    version, actor = change.version, change.version.actor
    head = (version.commit_time, change.kind, version.table, ",".join(version.key), actor.user_id)
    said = (*head, actor.correlation_id, actor.route, actor.reason)
    columns: list[tuple[str | None, ...]] = [(each.column, each.old, each.new) for each in change.columns]
    return [(*said, *column, str(version.number)) for column in columns or [(None, None, None)]]


def _flat(answer: pa.Table) -> pa.Table:
    for place, column in enumerate(answer.schema):
        if not any(has_form(column.type) for has_form in _HAS_CSV_FORM):
            texts = [None if value is None else str(value) for value in answer.column(place).to_pylist()]
            answer = answer.set_column(place, column.name, pa.array(texts, pa.string()))
    return answer
