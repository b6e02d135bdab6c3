"""Alembic's own command line works on one service at a time, addressed by the environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.postgres import CreateDatabase
from tests.support.sql import run

ROOT = Path(__file__).resolve().parents[2]


def _alembic(*arguments: str, url: str) -> str:
    environment = os.environ | {"MIGRATIONS_FILE_DATABASE_URL": url, "HULEEDU_ENV_FILE": os.devnull}
    command = [sys.executable, "-m", "alembic", "-c", "migrations/alembic.ini", "-n", "file", *arguments]
    answer = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert answer.returncode == 0, answer.stdout
    return answer.stdout


def test_a_database_is_upgraded_and_then_like_the_models(service_database: CreateDatabase) -> None:
    place = service_database("file", migrated=False)
    _alembic("upgrade", "head", url=place.migrator_url)
    assert "No new upgrade operations detected" in _alembic("check", url=place.migrator_url)


def test_an_upgrade_can_be_read_as_sql_without_a_database(service_database: CreateDatabase) -> None:
    script = _alembic("upgrade", "head", "--sql", url="")
    place = service_database("file", migrated=False)
    run(place.migrator_url, script.replace("BEGIN;", "").replace("COMMIT;", ""))
    assert "No new upgrade operations detected" in _alembic("check", url=place.migrator_url)


def test_without_an_address_the_variable_is_named() -> None:
    with pytest.raises(AssertionError, match="SettingsError: MIGRATIONS_FILE_DATABASE_URL"):
        _alembic("upgrade", "head", url="")
