"""The commands of capture as tests give them, and a database for them to speak of."""

import os

import pytest
from typer.testing import CliRunner, Result

from cdc.commands.app import app
from tests.pipeline.capture import Capture, file_ids, new_file, new_version

TABLES = ("file.files", "file.file_versions")


def set_addresses(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands of a test find its database and its ClickHouse, and nothing else."""
    monkeypatch.setenv("CDC_FILE_DATABASE_URL", capture.database.cdc_url)
    monkeypatch.setenv("CDC_CLICKHOUSE_URL", capture.clickhouse_url)
    monkeypatch.setenv("HULEEDU_ENV_FILE", os.devnull)


def cdc(*arguments: str) -> Result:
    """What a command says, and its exit code."""
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


def captured(capture: Capture) -> None:
    """Two files, and a version of one, written and stored."""
    one, two = file_ids(2)
    with capture.streaming():
        capture.write(new_file(one), new_file(two), new_version(one, 1))
        capture.catch_up()
