"""The local stack from its command line: up, status, logs and down, and every way in which that can be disturbed."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest

from deploy.local.state import supervisor_pid
from tests.deploy.stack_command import PATIENCE, Stack, eventually, stack_below
from tests.support.directories import server_directory
from tests.support.sql import run


@pytest.fixture(name="stack", scope="module")
def stack_fixture() -> Iterator[Stack]:
    with server_directory() as root, stack_below(root) as made:
        yield made
        made("down", "--delete-data")


@pytest.fixture(name="fresh")
def fresh_fixture() -> Iterator[Stack]:
    with server_directory() as root, stack_below(root) as made:
        yield made
        if supervisor_pid(made.state) is not None:
            made("down")


def test_up_returns_when_all_runs_and_status_names_every_process(stack: Stack) -> None:
    stack.up()
    status = stack.status()
    assert status.healthy
    assert [part.condition for part in status.parts] == ["done", "running", "running", "done", "running"]
    assert stack.part("postgres").address == f"127.0.0.1:{stack.environment['HULEEDU_POSTGRES_PORT']}"
    assert stack("status").returncode == 0
    assert json.loads(stack.state.record.read_text(encoding="utf-8"))["supervisor"] == status.supervisor
    assert run(stack.app_url(), "SELECT current_user") == [("file_app",)]


def test_second_up_says_that_it_runs_and_leaves_it_alone(stack: Stack) -> None:
    stack.up()
    before = stack.status()
    again = stack("up", "bootstrap")
    assert again.returncode == 0
    assert f"already running, under supervisor process {before.supervisor}" in again.stdout
    assert stack.status() == before


def test_up_of_a_part_that_the_running_stack_lacks_says_what_to_do(stack: Stack) -> None:
    stack.up()
    answer = stack("up", "migrations")
    assert answer.returncode == 1
    assert "runs without migrations: run `python -m deploy.local down` first" in answer.stderr


@pytest.mark.parametrize("name", ["postgres", "clickhouse", "valkey"])
def test_a_killed_part_is_started_again(stack: Stack, name: str) -> None:
    stack.up()
    before = stack.part(name)
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)
    eventually(lambda: stack.part(name).restarts > before.restarts and stack.status().healthy)
    assert stack.part(name).pid != before.pid
    assert run(stack.app_url(), "SELECT 1") == [(1,)]


def test_parts_die_with_a_killed_supervisor_and_the_next_up_finds_their_data(stack: Stack) -> None:
    stack.up()
    supervisor, part, url = stack.status().supervisor, stack.part("postgres"), stack.app_url()
    assert supervisor is not None
    assert part.pid is not None
    server = psutil.Process(part.pid)
    os.kill(supervisor, signal.SIGKILL)
    assert not psutil.wait_procs([server], timeout=PATIENCE)[1]
    assert stack("status").returncode == 1
    stack.up()
    assert stack.status().supervisor != supervisor
    assert run(url, "SELECT 1") == [(1,)]


def test_logs_show_a_parts_last_lines_and_refuse_unknown_ones(stack: Stack) -> None:
    stack.up()
    assert "database system is ready to accept connections" in stack("logs", "postgres", "-n", "50").stdout
    unknown = stack("logs", "kafka")
    assert unknown.returncode == 2
    assert (
        "no log of 'kafka'; there are: bootstrap, clickhouse, cluster, postgres, supervisor, valkey" in unknown.stderr
    )


def test_logs_can_be_followed(stack: Stack) -> None:
    stack.up()
    command = [sys.executable, "-m", "deploy.local", "logs", "postgres", "--follow", "-n", "1"]
    environment = stack.environment | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as following:
        assert following.stdout is not None
        following.stdout.readline()
        with pytest.raises(Exception, match="no_such_table"):
            run(stack.app_url(), "SELECT * FROM no_such_table")
        watchdog = threading.Timer(PATIENCE, following.kill)
        watchdog.start()
        assert any("no_such_table" in line for line in following.stdout)
        watchdog.cancel()
        following.terminate()


def test_down_says_what_it_stopped_and_a_second_one_that_nothing_runs(stack: Stack) -> None:
    stack.up()
    pid = stack.part("postgres").pid
    assert pid is not None
    first, second = stack("down"), stack("down")
    assert first.returncode == second.returncode == 0
    assert "postgres: stopped" in first.stdout
    assert second.stdout == "the stack is not running\n"
    assert not psutil.pid_exists(pid)
    assert not stack.status().healthy


def test_interrupted_up_stops_what_it_started(stack: Stack) -> None:
    stack("down")
    command = [sys.executable, "-m", "deploy.local", "up", "postgres"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=stack.environment) as foreground:
        assert foreground.stdout is not None
        assert "everything is running\n" in foreground.stdout
        pid = stack.part("postgres").pid
        assert pid is not None
        foreground.send_signal(signal.SIGINT)
        assert "postgres: stopped\n" in foreground.stdout.read()
        assert foreground.wait(PATIENCE) == 0
    assert not psutil.pid_exists(pid)


def test_a_taken_port_is_named_with_its_holder_and_variable(fresh: Stack) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        answer = fresh("up", "--detach", "postgres", HULEEDU_POSTGRES_PORT=str(port))
    assert answer.returncode == 1
    told = answer.stdout + answer.stderr
    assert f"port {port}, which postgres needs, is taken by process {os.getpid()}" in told
    assert "HULEEDU_POSTGRES_PORT" in told
    assert fresh.status().supervisor is None


def test_a_part_that_cannot_start_ends_up_with_its_last_words(fresh: Stack) -> None:
    (fresh.state.root / "postgres" / "data").mkdir(parents=True)
    answer = fresh("up", "--detach", "postgres")
    assert answer.returncode == 1
    assert "postgres could not be started: exit code" in answer.stdout
    assert f"{fresh.state.postgres}/data/postgresql.conf" in answer.stdout
    assert fresh.status().supervisor is None


def test_an_unknown_part_is_refused_with_the_known_ones(fresh: Stack) -> None:
    answer = fresh("up", "kafka")
    assert answer.returncode == 2
    assert "no part 'kafka'; its parts are: cluster, postgres, clickhouse" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
