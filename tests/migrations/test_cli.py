"""`python -m migrations` as a process of its own: what it does, what it prints, and what it exits with."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from clickhouse_connect.driver import Client

from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.declared import all_catalogs, service_catalog
from deploy.local.clickhouse.starter import ClickHouse
from migrations import capture, postgres
from migrations.clickhouse import upgrade
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run

PROJECT = Path(__file__).parents[2]
FAILED, USAGE = 1, 2
Answer = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Migrations:
    """The command, and the two servers that it is pointed at."""

    database: ServiceDatabase
    clickhouse: Client
    clickhouse_url: str

    def __call__(self, *arguments: str, without: str = "") -> Answer:
        """The answer of the command with all its variables but one."""
        variables = {
            "MIGRATIONS_FILE_DATABASE_URL": self.database.migrator_url,
            "MIGRATIONS_CLICKHOUSE_URL": self.clickhouse_url,
            "MIGRATIONS_CLICKHOUSE_DURABLE": "false",
            "HULEEDU_ENV_FILE": os.devnull,
            "COLUMNS": "200",
        }
        environment = {name: value for name, value in (os.environ | variables).items() if name != without}
        started = [sys.executable, "-m", "migrations", *arguments]
        return subprocess.run(
            started, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=100, check=False
        )


@pytest.fixture(name="empty")
def _empty(service_database: CreateDatabase, clickhouse: Client, clickhouse_server: ClickHouse) -> Migrations:
    """Of a database and a ClickHouse without any tables."""
    return Migrations(service_database("file", migrated=False), clickhouse, clickhouse_server.url)


@pytest.fixture(name="migrated")
def _migrated(service_database: CreateDatabase, clickhouse: Client, clickhouse_server: ClickHouse) -> Migrations:
    """Of a database and a ClickHouse that are what the code wants."""
    database = service_database("file")
    capture.upgrade(database.service, service_catalog("file"), database.migrator_url)
    upgrade(clickhouse, wanted_objects(all_catalogs(), durable=False))
    return Migrations(database, clickhouse, clickhouse_server.url)


def succeeded(answer: Answer) -> str:
    """What it printed, without a word of complaint."""
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout + answer.stderr
    return answer.stdout


def test_an_upgrade_from_nothing_leaves_nothing_to_do(empty: Migrations) -> None:
    behind = empty("check", "file")
    assert behind.returncode == FAILED
    assert "huleedu_file: migrate from nothing to " in behind.stdout
    assert "ClickHouse: mend file_store.files_history, missing" in behind.stdout

    first = succeeded(empty("upgrade", "file"))
    assert "huleedu_file: from nothing to " in first
    assert "huleedu_file: CREATE PUBLICATION huleedu_cdc" in first
    assert "ClickHouse: file_store.files_history was missing" in first

    assert succeeded(empty("status", "file")).count("change nothing") == 2
    database, clickhouse = succeeded(empty("upgrade", "file")).splitlines()
    assert database == f"huleedu_file: at {first.partition(' to ')[2].splitlines()[0]}"
    assert clickhouse.endswith("objects up to date")


def test_a_database_is_upgraded_where_there_is_no_clickhouse(empty: Migrations) -> None:
    told = succeeded(empty("upgrade", "file", "--databases-only", without="MIGRATIONS_CLICKHOUSE_URL"))
    assert told.startswith("huleedu_file: from nothing to ")
    assert "ClickHouse" not in told
    assert run(empty.database.app_url, "SELECT count(*) FROM files") == [(0,)]


def test_what_is_behind_is_named_and_after_an_upgrade_it_is_not(migrated: Migrations) -> None:
    run(migrated.database.migrator_url, "ALTER TABLE files REPLICA IDENTITY DEFAULT")
    migrated.clickhouse.command("DROP VIEW file.files")
    behind = migrated("check", "file")
    assert behind.returncode == FAILED
    assert behind.stdout.splitlines() == [
        'huleedu_file: ALTER TABLE "public"."files" REPLICA IDENTITY FULL',
        "ClickHouse: mend file.files, missing",
    ]
    succeeded(migrated("upgrade", "file"))
    assert succeeded(migrated("check", "file")) == "every schema is up to date\n"


def test_a_database_made_before_these_migrations_is_refused_until_it_is_adopted(migrated: Migrations) -> None:
    address = migrated.database.migrator_url
    run(address, "DROP TABLE alembic_version")
    refused = migrated("upgrade", "file")
    assert refused.returncode == FAILED
    assert "python -m migrations adopt file" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert succeeded(migrated("adopt", "file")) == "huleedu_file: recorded as head\n"
    assert (postgres.current(address),) == postgres.heads(migrated.database.service)


@pytest.mark.parametrize("variable", ["MIGRATIONS_FILE_DATABASE_URL", "MIGRATIONS_CLICKHOUSE_URL"])
def test_a_missing_variable_is_named_in_one_line(empty: Migrations, variable: str) -> None:
    answer = empty("status", "file", without=variable)
    assert (answer.returncode, answer.stdout) == (USAGE, "")
    [line] = answer.stderr.splitlines()
    assert variable in line


def test_an_unknown_service_is_answered_with_the_known_ones(empty: Migrations) -> None:
    answer = empty("upgrade", "mail")
    assert (answer.returncode, answer.stdout) == (USAGE, "")
    [line] = answer.stderr.splitlines()
    assert "'mail'" in line
    assert "file" in line
