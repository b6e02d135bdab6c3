"""`python -m analytics` from its arguments to its exit code, on a real ClickHouse."""

import json
from pathlib import Path

import pytest
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from rich.console import Console
from typer.testing import CliRunner

from analytics.cli import app
from analytics.clickhouse import reader
from cdc.retention import record_retention
from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.ports import free_port
from tests.pipeline.recorded_changes import FILE, TEACHER, RecordedChanges, at, file_image, version_image

VARIABLE = "ANALYTICS_CLICKHOUSE_URL"
FAILED, WRONG_REQUEST = 1, 2


@pytest.fixture(autouse=True)
def _settings(clickhouse_server: ClickHouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, clickhouse_server.url)
    monkeypatch.setenv("HULEEDU_ENV_FILE", str(tmp_path / "absent.env"))


def said(*arguments: str, code: int = 0) -> tuple[str, str]:
    """What the command says on standard output and standard error."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result.stdout, result.stderr


def records(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def a_life(client: Client) -> None:
    recorded = RecordedChanges(client)
    recorded.commit(1, ("file.files", "c", file_image()), ("file.file_versions", "c", version_image(1)))
    recorded.commit(2, ("file.files", "u", file_image(status="completed")), actor=TEACHER)


def test_a_timeline_is_told_to_people_and_to_programs(clickhouse: Client) -> None:
    a_life(clickhouse)
    told, _ = said("timeline", "file.files", FILE)
    assert told.startswith(f"file.files {FILE}\n2026-11-23 12:00:01.000000 UTC  created\n")
    assert "by teacher-1  in PATCH /files" in told
    assert "status  pending → completed" in told
    lines = records(said("timeline", "file.files", FILE, "--related", "--json")[0])
    assert [line["table"] for line in lines] == ["file.files", "file.file_versions", "file.files"]
    assert lines[2]["changes"] == {"status": {"old": "pending", "new": "completed"}}


def test_as_of_takes_an_instant_in_several_words_and_answers_in_rows(clickhouse: Client) -> None:
    a_life(clickhouse)
    then, notes = said("as-of", "file.files", "2026-11-23", "12:00:01.5", "--json")
    assert [row["status"] for row in records(then)] == ["pending"]
    assert notes == "1 rows as of 2026-11-23 12:00:01.500000 UTC\n"
    told, _ = said("as-of", "file.files", "2026-11-23T13:00:02+01:00", "--where", "status=completed")
    assert "completed" in told


def test_as_of_says_where_an_instant_lies_outside_what_was_captured(clickhouse: Client) -> None:
    a_life(clickhouse)
    _, before = said("as-of", "file.files", "2026-11-23T11:00")
    assert "known since 2026-11-23 12:00:01.000000 UTC only" in before
    _, after = said("as-of", "file.files", "2026-11-23T13:00")
    assert "known until 2026-11-23 12:00:02.000000 UTC" in after


def test_a_timeline_and_as_of_say_what_is_not_kept(clickhouse: Client) -> None:
    a_life(clickhouse)
    record_retention(clickhouse, "file", "files", at(1.5))
    _, notes = said("timeline", "file.files", FILE)
    assert notes == "file.files: versions that were superseded before 2026-11-23 12:00:01.500000 UTC are not kept\n"
    _, refusal = said("as-of", "file.files", "2026-11-23T12:00:01", code=WRONG_REQUEST)
    assert "file.files is kept since 2026-11-23 12:00:01.500000 UTC only" in refusal


def test_as_of_says_that_the_limit_left_rows_out(clickhouse: Client) -> None:
    RecordedChanges(clickhouse).commit(1, *(("file.file_versions", "c", version_image(n)) for n in (1, 2)))
    told, notes = said("as-of", "file.file_versions", "2026-11-24", "--limit", "1", "--json")
    assert len(records(told)) == 1
    assert "the first 1 rows, more exist" in notes


def test_a_query_is_asked_with_parameters(clickhouse: Client) -> None:
    a_life(clickhouse)
    told, _ = said("query", "changes_by_actor", "--param", "since=2026-11-23", "--param", "user_id=teacher-1", "--json")
    assert [row["updated"] for row in records(told)] == [1]
    _, notes = said("query", "changes_by_actor", "--param", "since=2026-11-24")
    assert notes == "no rows\n"


def test_the_list_of_queries_needs_no_clickhouse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    listed = records(said("query", "--list", "--json")[0])
    assert "uploads_per_day" in {query["query"] for query in listed}


def test_the_list_names_parameters_and_that_of_one_query_explains_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.kit.command_output.output", Console(width=200))
    [line] = [line for line in said("query", "--list")[0].splitlines() if "versions_per_file" in line]
    assert "at_least, rows" in line
    explained = said("query", "versions_per_file", "--list")[0]
    assert "at_least (UInt32, 2): the fewest versions a file must have" in explained
    assert "uploads_per_day" not in explained


@pytest.mark.usefixtures("clickhouse")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("timeline", "file.filez", FILE), WRONG_REQUEST, "file.file_versions, file.files"),
        (("timeline", "file.files", "essay"), WRONG_REQUEST, "file_id is of type uuid, and 'essay' is not"),
        (("timeline", "file.files", FILE), FAILED, "never had a row with the key"),
        (("as-of", "file.files", "soon"), WRONG_REQUEST, "'soon' is not an instant"),
        (("as-of", "file.files", "now", "--where", "x"), WRONG_REQUEST, "write a condition as name=value"),
        (("query", "nope"), WRONG_REQUEST, "no query is called 'nope'; there are "),
        (("query", "uploads_per_day", "--param", "x=1"), WRONG_REQUEST, "it has no x; parameters: since"),
    ],
)
def test_a_question_without_an_answer_gets_one_line_that_says_why(
    arguments: tuple[str, ...], code: int, message: str
) -> None:
    told, error = said(*arguments, code=code)
    assert (told, error.count("\n")) == ("", 1)
    assert message in error


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    _, error = said("as-of", "file.files", "now", code=WRONG_REQUEST)
    assert error.startswith(f"{VARIABLE}: ")


def test_a_clickhouse_that_does_not_answer_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    monkeypatch.setenv(VARIABLE, f"http://default:secret@127.0.0.1:{port}")
    _, error = said("as-of", "file.files", "now", code=FAILED)
    assert error.startswith(f"ClickHouse at 127.0.0.1:{port} does not answer: start it")
    assert "secret" not in error + "".join(capfd.readouterr())


def test_a_clickhouse_without_the_views_says_how_to_get_them(clickhouse: Client) -> None:
    clickhouse.command("DROP VIEW file.files_as_of")
    _, error = said("as-of", "file.files", "now", code=FAILED)
    assert "run `python -m migrations upgrade`" in error


def test_an_analyst_can_read_and_not_write(clickhouse: Client, clickhouse_server: ClickHouse) -> None:
    a_life(clickhouse)
    with reader(clickhouse_server.url) as client:
        for statement in ("TRUNCATE TABLE file_store.files_history", "INSERT INTO cdc.epochs (service) VALUES ('x')"):
            with pytest.raises(DatabaseError, match="readonly"):
                client.command(statement)
        assert client.query("SELECT count() FROM file.files").result_rows == [(1,)]
