"""The local PostgreSQL: what it offers, how it ends, and what a service's roles may do in it."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.postgres import Postgres, answers, running_postgres
from deploy.local.postgres_cluster import ClusterError
from deploy.local.starting import StartError
from tests.support.directories import server_directory
from tests.support.sql import run


@pytest.fixture(name="directory")
def directory_fixture() -> Iterator[Path]:
    with server_directory() as place:
        yield place


def setting(server: Postgres, name: str) -> object:
    return run(server.dsn(), f"SHOW {name}")[0][0]


def test_server_is_ready_for_logical_replication(postgres_server: Postgres) -> None:
    assert setting(postgres_server, "wal_level") == "logical"
    assert setting(postgres_server, "synchronous_commit") == "on"


def test_a_slot_that_nobody_reads_cannot_fill_the_disk(postgres_server: Postgres) -> None:
    assert setting(postgres_server, "max_slot_wal_keep_size") == "8GB"


def test_superuser_needs_the_generated_password(postgres_server: Postgres) -> None:
    assert answers(postgres_server.dsn())
    assert not answers(postgres_server.dsn(password="guessed"))


def test_data_and_password_survive_a_restart(directory: Path) -> None:
    with running_postgres(directory) as server:
        run(server.dsn(), "CREATE TABLE kept AS SELECT 7 AS value")
    with running_postgres(directory) as again:
        assert run(again.dsn(), "SELECT value FROM kept") == [(7,)]
    assert again.password == server.password
    assert not psutil.pid_exists(again.pid)


def test_second_server_over_the_same_directory_is_refused_by_pid(directory: Path) -> None:
    with running_postgres(directory) as server:
        with pytest.raises(ClusterError, match=f"process {server.pid}, already uses"), running_postgres(directory):
            pass
        assert answers(server.dsn())


def test_lock_left_by_a_killed_server_is_cleared_even_if_a_stranger_has_its_pid(directory: Path) -> None:
    with running_postgres(directory) as server:
        os.kill(server.pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(server.pid)], timeout=5)
    lock = directory / "data" / "postmaster.pid"
    lines = lock.read_text(encoding="utf-8").splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]), encoding="utf-8")
    with running_postgres(directory) as again:
        assert answers(again.dsn())


def test_taken_port_shows_what_the_server_said(directory: Path, postgres_server: Postgres) -> None:
    taken = running_postgres(directory, port=postgres_server.port)
    with pytest.raises(StartError, match="Address already in use"), taken:
        pass


def test_server_dies_with_the_process_that_started_it(directory: Path) -> None:
    code = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from deploy.local.postgres import running_postgres
        with running_postgres(Path(sys.argv[1])) as server:
            print(server.pid, flush=True)
            time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", code, str(directory)], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        server = psutil.Process(int(starter.stdout.readline()))
        starter.kill()
        assert not psutil.wait_procs([server], timeout=10)[1]
