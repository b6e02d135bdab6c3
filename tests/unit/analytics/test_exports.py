"""Answers as files: what is written, and what is refused."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from analytics.changes import Actor, changes
from analytics.errors import QuestionError
from analytics.exports import Format, Outlet, change_table, outlet_of, text_table
from tests.unit.analytics.versions import AT, version

ACTOR = Actor("teacher-1", None, "POST /files", "a typo")


def written(form: Format, answer: pa.Table, directory: Path) -> bytes:
    path = directory / f"answer.{form}"
    Outlet(form, path).write(answer)
    assert [each.name for each in directory.iterdir()] == [path.name], "something half written was left"
    return path.read_bytes()


def test_csv_tells_null_from_an_empty_text(tmp_path: Path) -> None:
    answer = text_table(("name", "_commit_time"), [(None, AT), ("", AT), ('a "b", c', AT)])
    assert written(Format.CSV, answer, tmp_path).decode().splitlines() == [
        '"name","_commit_time"',
        ",2026-11-23 12:30:00.000000Z",
        '"",2026-11-23 12:30:00.000000Z',
        '"a ""b"", c",2026-11-23 12:30:00.000000Z',
    ]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1), min_size=1))
def test_every_text_comes_back_from_csv(texts: list[str]) -> None:
    answer = text_table(("text",), [(text,) for text in texts])
    sink = io.BytesIO()
    Outlet(Format.CSV, None)._write_to(answer, sink)  # pylint: disable=protected-access
    read = list(csv.reader(io.StringIO(sink.getvalue().decode(), newline="")))
    assert read == [["text"], *([text] for text in texts)]


def test_csv_writes_as_text_what_it_has_no_form_for(tmp_path: Path) -> None:
    answer = pa.table({"id": [UUID(int=1)], "list": [[1, 2]], "money": [Decimal("1.50")], "day": [date(2026, 11, 23)]})
    [_, line] = written(Format.CSV, answer, tmp_path).decode().splitlines()
    assert line == '"00000000-0000-0000-0000-000000000001","[1, 2]",1.50,2026-11-23'


def test_parquet_keeps_types(tmp_path: Path) -> None:
    answer = pa.table({"at": pa.array([AT], pa.timestamp("us", tz="UTC")), "count": pa.array([3], pa.uint64())})
    assert parquet.read_table(io.BytesIO(written(Format.PARQUET, answer, tmp_path))).equals(answer)


def test_a_timeline_is_a_row_for_each_column_that_changed() -> None:
    first, second, third = changes(
        [
            version(1, "c", {"a": "x", "b": "y"}, ACTOR),
            version(2, "u", {"a": None, "b": "y"}),
            version(3, "u", {"a": None, "b": "y"}),
        ]
    )
    rows = change_table([first, second, third]).to_pylist()
    assert [(row["kind"], row["column"], row["old"], row["new"]) for row in rows] == [
        ("created", "a", None, "x"),
        ("created", "b", None, "y"),
        ("updated", "a", "x", None),
        ("updated", None, None, None),
    ]
    assert rows[0] | {"column": "a"} == {
        "at": datetime(2026, 11, 23, 12, 30, tzinfo=UTC),
        "kind": "created",
        "table": "shop.things",
        "key": "k",
        "user_id": "teacher-1",
        "correlation_id": None,
        "route": "POST /files",
        "reason": "a typo",
        "column": "a",
        "old": None,
        "new": "x",
        "version": "1",
    }


def test_a_file_that_could_not_be_written_whole_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "answer.parquet"
    path.mkdir()
    with pytest.raises(OSError, match=r"answer\.parquet"):
        Outlet(Format.PARQUET, path).write(pa.table({"a": [1]}))
    assert [each.name for each in tmp_path.iterdir()] == ["answer.parquet"]


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (None, Outlet(Format.TABLE)),
        ("table", Outlet(Format.TABLE)),
        ("json", Outlet(Format.JSON)),
        ("csv", Outlet(Format.CSV)),
        ("a.csv", Outlet(Format.CSV, Path("a.csv"))),
        ("to/a.Parquet", Outlet(Format.PARQUET, Path("to/a.Parquet"))),
    ],
)
def test_an_output_is_a_format_or_a_file_whose_name_tells_it(output: str | None, found: Outlet) -> None:
    assert outlet_of(output, as_json=False) == found


def test_json_lines_have_a_short_form() -> None:
    assert outlet_of(None, as_json=True) == outlet_of("json", as_json=True) == Outlet(Format.JSON)
    with pytest.raises(QuestionError, match="--json and --output csv: one of them"):
        outlet_of("csv", as_json=True)


@pytest.mark.parametrize("output", ["a.xlsx", "excel", "a.json", ""])
def test_an_output_that_nothing_is_written_in_is_refused(output: str) -> None:
    with pytest.raises(QuestionError, match="is neither table, json, csv, parquet, nor the name of a file"):
        outlet_of(output, as_json=False)


def test_parquet_is_kept_from_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    with pytest.raises(QuestionError, match=r"as in --output answer\.parquet"):
        outlet_of("parquet", as_json=False)
