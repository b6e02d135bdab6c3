"""The job that gives every service its database in containers, run against a real server."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from deploy.local.postgres import Postgres, running_postgres
from deploy.role_passwords import password_variables
from services.registry import SERVICES
from tests.support.directories import server_directory
from tests.support.sql import run


@pytest.fixture(name="server")
def _server() -> Iterator[Postgres]:
    """A server of the test's own: the job makes databases of fixed names."""
    with server_directory() as directory, running_postgres(directory) as server:
        yield server


def prepare(server: Postgres, given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    address = {"PGHOST": server.host, "PGPORT": str(server.port), "PGUSER": server.user, "PGPASSWORD": server.password}
    environment = os.environ | address | given
    started = [sys.executable, "-m", "deploy.docker.prepare_databases"]
    return subprocess.run(started, env=environment, capture_output=True, text=True, check=False, timeout=60)


def passwords(word: str) -> dict[str, str]:
    return {name: f"{word}-{name}" for service in SERVICES for name in password_variables(service)}


def test_every_role_reaches_its_database_and_a_second_run_changes_the_passwords(server: Postgres) -> None:
    for word in ("first", "second"):
        given = passwords(word)
        answer = prepare(server, given)
        assert answer.returncode == 0, answer.stderr
        assert len(answer.stdout.splitlines()) == len(SERVICES)
        for service in SERVICES:
            roles = (service.migrator_role, service.app_role, service.cdc_role)
            for role, variable in zip(roles, password_variables(service), strict=True):
                dsn = server.dsn(service.database, user=role, password=given[variable])
                assert run(dsn, "SELECT current_user") == [(role,)]


def test_a_missing_password_is_named_before_anything_is_done(server: Postgres) -> None:
    answer = prepare(server, passwords("first") | {"HULEEDU_FILE_APP_PASSWORD": ""})
    assert answer.returncode == 2
    assert answer.stderr == "set HULEEDU_FILE_APP_PASSWORD in the environment\n"
    assert run(server.dsn(), "SELECT count(*) FROM pg_database WHERE datname LIKE 'huleedu%'") == [(0,)]


def test_a_server_that_is_away_is_said_in_one_line() -> None:
    answer = prepare(Postgres("127.0.0.1", 1, "postgres", "secret", pid=0), passwords("first"))
    assert answer.returncode == 1
    assert "Connection refused" in answer.stderr
    assert "Traceback" not in answer.stderr
