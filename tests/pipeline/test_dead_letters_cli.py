"""`python -m cdc dead-letters`: what it lists, shows, stores and gives up, and how it answers a wrong request."""

import json
import os
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from cdc.commands.app import app
from tests.pipeline.capture import Capture, file_ids, new_file
from tests.pipeline.dead_letters import POISON, parked, refusing

ONE, TWO = file_ids(2)
FAILED, USAGE = 1, 2


@pytest.fixture(autouse=True)
def _settings(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDC_FILE_DATABASE_URL", capture.database.cdc_url)
    monkeypatch.setenv("CDC_CLICKHOUSE_URL", capture.clickhouse_url)
    monkeypatch.setenv("HULEEDU_ENV_FILE", os.devnull)


@pytest.fixture(name="poisoned")
def _poisoned(capture: Capture) -> Iterator[Capture]:
    """A running capture with three letters: two of one key, one of another, which are refused still."""
    with capture.streaming(), refusing(capture):
        capture.write(new_file(ONE, POISON), new_file(TWO, POISON))
        capture.write(f"UPDATE files SET filename = 'later' WHERE file_id = '{ONE}'")
        capture.catch_up()
        yield capture


def mend(capture: Capture) -> None:
    capture.clickhouse.command("ALTER TABLE file_store.files_history DROP CONSTRAINT by_hand")


def cdc(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


def listed(*arguments: str) -> list[dict[str, str]]:
    result = cdc("dead-letters", "list", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.usefixtures("poisoned")
def test_list_names_letters_by_service_table_key_and_id() -> None:
    every = listed()
    assert [(line["key"], line["op"], line["state"]) for line in every] == [
        (ONE, "c", "parked"),
        (ONE, "u", "parked"),
        (TWO, "c", "parked"),
    ]
    assert "Constraint `by_hand`" in every[0]["why"]
    assert every[1]["why"] == "an earlier change of the same key waits"
    assert listed("file") == listed("file.files") == every
    assert listed("file.file_versions") == []
    assert listed("file.files", "--key", TWO) == every[2:]
    assert listed(every[1]["id"]) == every[1:2]
    limited = cdc("dead-letters", "list", "--limit", "2", "--json")
    assert len(limited.stdout.splitlines()) == 2
    assert "there are more than 2; `--limit` shows more" in limited.stderr
    assert "file.files" in cdc("dead-letters", "list").stdout


def test_show_decodes_everything_a_letter_brought(poisoned: Capture) -> None:
    _, later, _ = listed()
    [shown] = [json.loads(line) for line in cdc("dead-letters", "show", later["id"], "--json").stdout.splitlines()]
    [(xid, lsn)] = poisoned.select("SELECT xid, lsn FROM cdc.dead_letters FINAL WHERE op = 'u'")
    assert shown["xid"] == xid
    assert shown["position"] == f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X} in epoch 1"
    assert (shown["key"], shown["op"], shown["reason"]) == ([ONE], "u", later["why"])
    assert shown["columns"]["filename"] == "later"
    assert shown["columns"]["deleted_at"] is None
    text = cdc("dead-letters", "show", later["id"]).stdout
    assert "column filename" in text
    assert "NULL" in text


def test_redrive_says_what_is_still_refused_and_why_and_then_what_was_stored(poisoned: Capture) -> None:
    refused = cdc("dead-letters", "redrive", "file")
    assert refused.exit_code == FAILED
    assert "file.files: 0 stored, 3 refused or behind" in refused.stdout
    assert f"file.files {TWO}: Constraint `by_hand`" in refused.stdout
    mend(poisoned)
    _, later, _ = listed()
    one_key = cdc("dead-letters", "redrive", later["id"])
    assert (one_key.exit_code, one_key.stdout) == (0, "file.files: 2 stored, 0 refused or behind\n")
    rest = cdc("dead-letters", "redrive", "--json")
    assert rest.exit_code == 0
    [line] = [json.loads(line) for line in rest.stdout.splitlines()]
    assert (line["key"], line["stored"], line["why"]) == ([TWO], True, None)
    assert listed() == []
    assert {line["state"] for line in listed("--all")} == {"redriven"}
    poisoned.assert_whole()


def test_discard_is_kept_with_its_reason(poisoned: Capture) -> None:
    created, _, other = listed()
    result = cdc("dead-letters", "discard", created["id"], other["id"], "--reason", "entered by mistake")
    assert (result.exit_code, result.stdout) == (0, "file.files: 1 discarded\nfile.files: 1 discarded\n")
    assert parked(poisoned) == [(ONE, "u", False)]
    assert {line["why"] for line in listed("--all") if line["state"] == "discarded"} == {"entered by mistake"}
    assert cdc("dead-letters", "redrive").exit_code == 0
    [difference] = poisoned.differences()
    assert f"file_id={TWO}" in difference
    assert "of its changes 1 discarded as dead letters" in difference
    assert "because: entered by mistake" in difference
    again = cdc("dead-letters", "discard", created["id"], "--reason", "twice")
    assert again.stdout == "file.files: 0 discarded\n"


@pytest.mark.usefixtures("poisoned")
def test_discard_without_a_reason_is_refused() -> None:
    for reason in ([], ["--reason", " "]):
        assert cdc("dead-letters", "discard", "file.files", *reason).exit_code == USAGE
    assert len(listed()) == 3
    result = cdc("dead-letters", "discard", "file.files", "--key", ONE, "--reason", "never mind")
    assert (result.exit_code, result.stdout) == (0, "file.files: 2 discarded\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["list", "file.nothing"], "'file.nothing' is neither a letter's id"),
        (["redrive", "mail"], "'mail' is neither a letter's id"),
        (["list", "0123456789abcdef"], "no dead letter has the id '0123456789abcdef'"),
        (["show", "0123456789abcdef"], "no dead letter has the id '0123456789abcdef'"),
        (["show", "file.files"], "no dead letter has the id 'file.files'"),
        (["discard", "0123456789abcdef", "--reason", "x"], "no dead letter has the id '0123456789abcdef'"),
        (
            ["list", "file.file_versions", "--key", ONE],
            "has the key columns file_id, version: give --key once",
        ),
    ],
)
def test_a_wrong_request_is_answered_by_a_sentence_that_helps(arguments: list[str], sentence: str) -> None:
    result = cdc("dead-letters", *arguments)
    assert result.exit_code == USAGE
    assert sentence in result.stderr
    assert "Traceback" not in result.output


def test_lag_counts_open_letters(poisoned: Capture) -> None:
    lines = [json.loads(line) for line in cdc("lag", "file", "--json").stdout.splitlines()]
    assert {line["table"]: line["parked"] for line in lines if "table" in line} == {
        "file.files": 3,
        "file.file_versions": 0,
    }
    assert poisoned.stored_position() > 0
