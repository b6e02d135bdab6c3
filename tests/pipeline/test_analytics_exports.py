"""`python -m analytics` with answers for other programs, on a real ClickHouse."""

import csv
import io
from pathlib import Path
from uuid import UUID

import pytest
from clickhouse_connect.driver import Client
from pyarrow import parquet
from typer.testing import CliRunner

from analytics.cli import app
from deploy.local.clickhouse.starter import ClickHouse
from tests.pipeline.recorded_changes import FILE, OTHER_FILE, TEACHER, RecordedChanges, at, file_image

WRONG_REQUEST = 2


@pytest.fixture(autouse=True)
def _settings(clickhouse_server: ClickHouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANALYTICS_CLICKHOUSE_URL", clickhouse_server.url)
    monkeypatch.setenv("HULEEDU_ENV_FILE", str(tmp_path / "absent.env"))


@pytest.fixture(autouse=True)
def _life(clickhouse: Client) -> None:
    recorded = RecordedChanges(clickhouse)
    recorded.commit(1, ("file.files", "c", file_image(filename="")), ("file.files", "c", file_image(OTHER_FILE)))
    recorded.commit(2, ("file.files", "u", file_image(filename="", deleted_at="infinity")), actor=TEACHER)


def said(*arguments: str, code: int = 0) -> tuple[str, str]:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result.stdout, result.stderr


def test_a_table_as_it_was_goes_into_csv_as_postgresql_writes_it() -> None:
    told, notes = said("as-of", "file.files", "2026-11-23T13:00", "--output", "csv")
    first, second = csv.DictReader(io.StringIO(told))
    assert (first["file_id"], first["deleted_at"], first["filename"]) == (FILE, "infinity", "")
    assert second["file_id"] == OTHER_FILE
    assert notes.endswith("2 rows as of 2026-11-23 13:00:00.000000 UTC\n")


def test_a_table_as_it_was_goes_into_parquet_with_types_and_the_texts_they_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "files.parquet"
    told, _ = said("as-of", "file.files", "2026-11-23T13:00", "--output", str(path))
    first, second = parquet.read_table(path).to_pylist()
    assert told == ""
    assert (first["file_id"], first["current_version"], first["deleted_at"]) == (UUID(FILE), 1, None)
    assert first["_raw"] == [("deleted_at", "infinity")]
    assert second["created_at"] == at(0)


def test_a_file_has_every_row_unless_told_otherwise(clickhouse: Client, tmp_path: Path) -> None:
    files = (("file.files", "c", file_image(str(UUID(int=number)))) for number in range(1000, 1150))
    RecordedChanges(clickhouse).commit(3, *files)
    _, notes = said("as-of", "file.files", "2026-11-23T13:00", "--output", str(tmp_path / "files.csv"))
    assert notes.endswith("152 rows as of 2026-11-23 13:00:00.000000 UTC\n")
    _, notes = said("as-of", "file.files", "2026-11-23T13:00", "--json")
    assert "the first 100 rows, more exist" in notes
    _, notes = said("as-of", "file.files", "2026-11-23T13:00", "--output", str(tmp_path / "five.csv"), "--limit", "5")
    assert "5 rows as of" in notes


def test_a_named_query_goes_into_csv_and_parquet(tmp_path: Path) -> None:
    path = tmp_path / "changes.parquet"
    said("query", "changes_by_actor", "--since", "2026-11-23", "--output", str(path))
    by_user = {row["user_id"]: row["updated"] for row in parquet.read_table(path).to_pylist()}
    assert by_user == {"teacher-1": 1, None: 0}
    told, _ = said("query", "changes_by_actor", "--since", "2026-11-23", "--output", "csv")
    assert {line["user_id"]: line["created"] for line in csv.DictReader(io.StringIO(told))} == {
        "teacher-1": "0",
        "": "2",
    }


def test_a_timeline_goes_into_csv_with_a_line_for_each_column_that_changed() -> None:
    told, _ = said("timeline", "file.files", FILE, "--output", "csv", "--since", "2026-11-23T12:00:02")
    [line] = csv.DictReader(io.StringIO(told))
    assert (line["column"], line["old"], line["new"], line["user_id"]) == ("deleted_at", "", "infinity", "teacher-1")


def test_a_timeline_says_how_many_changes_lie_outside_the_period() -> None:
    told, notes = said("timeline", "file.files", FILE, "--until", "2026-11-23 12:00:02")
    assert "UTC  created" in told
    assert "UTC  updated" not in told
    assert notes == "1 of 2 changes were made before 2026-11-23 12:00:02.000000 UTC\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("timeline", "file.fils", FILE), "no captured table is called 'file.fils' (did you mean file.files"),
        (("timeline", "file.files", "x"), "file_id is of type uuid, and 'x' is not"),
        (("as-of", "file.files", "3/4/2026"), "day and month cannot be told apart"),
        (("timeline", "file.files", FILE, "--since", "now", "--until", "yesterday"), "nothing lies since 'now'"),
        (("query", "uploads_per_dya"), "did you mean uploads_per_day"),
        (("query", "uploads_per_day", "--until", "now"), "query uploads_per_day: it has no until"),
        (("query", "uploads_per_day", "--since", "now", "--param", "since=now"), "given twice"),
        (("query", "uploads_per_day", "--json", "--output", "csv"), "--json and --output csv: one of them"),
        (
            ("as-of", "file.files", "now", "--output", "files.xlsx"),
            "files.xlsx is neither table, json, csv, parquet, nor",
        ),
    ],
)
def test_a_wrong_question_is_answered_by_what_would_be_right(arguments: tuple[str, ...], sentence: str) -> None:
    _, error = said(*arguments, code=WRONG_REQUEST)
    assert sentence in error


def test_a_key_that_never_was_is_answered_with_keys_that_are() -> None:
    _, error = said("timeline", "file.files", str(UUID(int=99)), code=1)
    assert f"its newest keys (file_id): {FILE}; {OTHER_FILE}" in error
