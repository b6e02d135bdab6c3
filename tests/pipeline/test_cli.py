"""`python -m cdc verify`, `resnapshot` and `retain`: what they print, and what they exit with."""

import json

import pytest

from cdc.catalog.declared import service_catalog
from services.registry import SERVICES
from tests.pipeline.capture import Capture, file_ids, new_version
from tests.pipeline.commands import TABLES, captured, cdc, set_addresses
from tests.pipeline.short_memory import NO_TIME, keeping

ONE, TWO = file_ids(2)
FAILED, USAGE = 1, 2


@pytest.fixture(autouse=True)
def _settings(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    set_addresses(capture, monkeypatch)


def test_verify_says_equal_and_exits_with_0(capture: Capture) -> None:
    captured(capture)
    with capture.running():
        result = cdc("verify", *TABLES)
    assert result.exit_code == 0, result.output
    assert "file.files: equal, 2 rows in PostgreSQL" in result.stdout
    assert "file.file_versions: equal, 1 rows in PostgreSQL" in result.stdout


def test_verify_of_a_service_is_verify_of_its_tables(capture: Capture) -> None:
    captured(capture)
    with capture.running():
        result = cdc("verify", "file", "--json")
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["table"], line["rows"]) for line in lines] == [("file.files", 2), ("file.file_versions", 1)]


def test_verify_names_the_key_that_differs_and_exits_with_1(capture: Capture) -> None:
    captured(capture)
    change = f"UPDATE filename = 'forged' WHERE file_id = '{ONE}' SETTINGS mutations_sync = 2"
    capture.clickhouse.command(f"ALTER TABLE file_store.files_history {change}")
    with capture.running():
        result, as_json = cdc("verify", *TABLES), cdc("verify", "file.files", "--json")
    assert result.exit_code == as_json.exit_code == FAILED
    assert "file.files: differs" in result.stdout
    sentence = "filename is 'essay.txt' in PostgreSQL and 'forged' in ClickHouse"
    assert f"file.files file_id={ONE}: PostgreSQL and ClickHouse: {sentence}" in result.stdout
    [line] = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert (line["table"], line["rows"]) == ("file.files", 2)
    assert {"table": "file.files", "key": {"file_id": ONE}, "what": sentence}.items() <= line["differences"][0].items()


def test_verify_without_a_running_pipeline_says_so_and_exits_with_1(capture: Capture) -> None:
    captured(capture)
    capture.write("UPDATE files SET filename = 'written while nobody reads'")
    result = cdc("verify", "file.files", "--timeout", "0.2")
    assert result.exit_code == FAILED
    assert "is `python -m cdc run` running?" in result.stderr


def test_an_unknown_table_is_answered_with_the_known_ones() -> None:
    result = cdc("verify", "file.nothing")
    assert result.exit_code == USAGE
    assert "file.file_versions, file.files" in result.stderr


def test_an_unknown_service_is_answered_with_the_known_ones() -> None:
    result = cdc("lag", "mail")
    assert result.exit_code == USAGE
    assert ", ".join(service.name for service in SERVICES) in result.stderr


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CDC_CLICKHOUSE_URL")
    result = cdc("verify", *TABLES)
    assert result.exit_code == USAGE
    assert "CDC_CLICKHOUSE_URL" in result.stderr


def test_a_database_that_does_not_answer_is_one_line(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDC_FILE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    captured(capture)
    result = cdc("lag", "file")
    assert result.exit_code == FAILED
    assert "Connection refused" in result.stderr
    assert "Traceback" not in result.output


def test_resnapshot_heals_a_row_that_was_lost(capture: Capture) -> None:
    captured(capture)
    for stored in ("history", "latest"):
        delete = f"DELETE WHERE file_id = '{ONE}' SETTINGS mutations_sync = 2"
        capture.clickhouse.command(f"ALTER TABLE file_store.files_{stored} {delete}")
    with capture.running():
        assert cdc("verify", *TABLES).exit_code == FAILED
        result = cdc("resnapshot", "file.files")
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith("file.files: wanted\n")
        assert result.stdout.endswith("file.files: finished: 2 rows copied, 0 keys gone\n")
        assert cdc("verify", *TABLES).exit_code == 0


def test_resnapshot_before_the_first_start_says_so() -> None:
    result = cdc("resnapshot", "file.files")
    assert result.exit_code == FAILED
    assert "file: nothing was captured yet; is `python -m cdc run` running?" in result.stderr


def test_resnapshot_says_when_nobody_is_there_to_copy_and_the_next_run_does(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    captured(capture)
    monkeypatch.setattr("cdc.copies.resnapshot._PATIENCE_SECONDS", 0.2)
    result = cdc("resnapshot", "file.files")
    assert result.exit_code == FAILED
    assert "file.files: nobody reads this database" in result.stderr
    assert capture.unfinished_copies() == ["files"]
    with capture.streaming():
        assert cdc("verify", "file.files").exit_code == 0


def test_retain_says_how_much_of_which_table_has_left(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    captured(capture)
    assert cdc("retain", "file", "--json").stdout == "", "these tables keep everything"
    with capture.running():
        capture.write("UPDATE files SET filename = 'second'")
        # What history keeps is counted from the newest commit that it has: one more makes the first two older.
        capture.write(new_version(ONE, 2))
        capture.catch_up()
    forgetful = keeping(service_catalog("file"), NO_TIME)
    monkeypatch.setattr("cdc.captured.all_catalogs", lambda: (forgetful,))
    lines = [json.loads(line) for line in cdc("retain", "file", "--json").stdout.splitlines()]
    assert {line["table"]: line["versions removed"] for line in lines} == {"file.files": 2, "file.file_versions": 0}
