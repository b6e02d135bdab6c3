"""The endpoint as a process: what it refuses to start on, how it ends, and what a kill leaves behind."""

import itertools
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.local.clickhouse.starter import ClickHouse, running_clickhouse
from deploy.local.clickhouse.workers import MAX_STATEMENTS
from deploy.local.ports import free_port
from deploy.local.starting import StartError
from tests.deploy.conftest import wait_until

KILLS = 3
BATCH_ROWS = 5000
CREATE = """
CREATE TABLE IF NOT EXISTS t (batch UInt32, n UInt32) ENGINE = MergeTree ORDER BY (batch, n)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"""


def endpoint(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.local.clickhouse", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def ask(server: ClickHouse, statement: str | bytes, **parameters: str | int) -> httpx.Response:
    return httpx.post(server.url, content=statement, params={"async_insert": 0, **parameters}, timeout=60)


def test_address_beyond_the_loopback_is_refused(tmp_path: Path) -> None:
    ended = endpoint("--path", tmp_path, "--port", 0, "--host", "0.0.0.0")  # noqa: S104 - must be refused
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines() == [
        "clickhouse endpoint: 0.0.0.0 is not on the loopback: this endpoint is for one machine, use 127.0.0.1"
    ]


def test_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = endpoint("--path", tmp_path, "--port", port)
    assert ended.returncode == 2
    assert f"can't listen on 127.0.0.1:{port}: Address already in use" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_second_process_over_a_directory_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with running_clickhouse(tmp_path) as server:
        ended = endpoint("--path", tmp_path, "--port", free_port())
        assert ended.returncode == 2
        assert ended.stderr.splitlines() == [
            f"clickhouse endpoint: {tmp_path} belongs to another running endpoint: stop it, or use its port"
        ]
        assert ask(server, "SELECT 1").text == "1\n"


def test_start_that_fails_shows_the_end_of_the_log(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(StartError, match="Address already in use"),
        running_clickhouse(tmp_path, port=taken.getsockname()[1]),
    ):
        pass


def test_data_survives_a_restart(tmp_path: Path) -> None:
    with running_clickhouse(tmp_path) as server:
        ask(server, "CREATE TABLE t ENGINE = MergeTree ORDER BY a AS SELECT 7 AS a").raise_for_status()
    assert not psutil.pid_exists(server.pid)
    with running_clickhouse(tmp_path) as again:
        assert ask(again, "SELECT a FROM t").text == "7\n"


def test_merges_give_way_to_inserts_and_queries(tmp_path: Path) -> None:
    with running_clickhouse(tmp_path) as server:
        niceness = "SELECT value, changed FROM system.server_settings WHERE name = 'os_threads_nice_value_merge_mutate'"
        assert ask(server, niceness).text == "5\t1\n"
        assert ask(server, "CREATE TABLE t (a UInt64 CODEC(ZSTD(22))) ENGINE = MergeTree ORDER BY a").is_success
        for _ in range(12):
            assert ask(server, "INSERT INTO t SELECT rand64() FROM numbers(500000)").is_success
        # A thread has it for as long as it merges.
        ours = os.getpriority(os.PRIO_PROCESS, server.pid)
        wait_until(lambda: max(niceness_of_threads(server.pid)) > ours)


def niceness_of_threads(pid: int) -> list[int]:
    found = list[int]()
    for thread in psutil.Process(pid).threads():
        with suppress(ProcessLookupError):  # it has ended since
            found.append(os.getpriority(os.PRIO_PROCESS, thread.id))
    return found


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_stop_waits_for_a_running_insert_and_ends_a_running_query(tmp_path: Path, ending: signal.Signals) -> None:
    with running_clickhouse(tmp_path) as server, ThreadPoolExecutor(2) as threads:
        ask(server, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a").raise_for_status()
        slow = "INSERT INTO t SELECT number + sleepEachRow(0.05) FROM numbers(20) SETTINGS max_block_size = 1"
        insert = threads.submit(ask, server, slow)
        query = threads.submit(ask, server, "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)")
        wait_until(lambda: ask(server, "SELECT count() FROM system.processes").text == "3\n")
        process = psutil.Process(server.pid)
        process.send_signal(ending)
        assert insert.result().status_code == 200
        assert "Code: 394." in query.result().text
        psutil.wait_procs([process], timeout=20)
    with running_clickhouse(tmp_path) as again:
        assert ask(again, "SELECT count() FROM t").text == "20\n"


def hang(server: ClickHouse, silent_port: int) -> httpx.Response:
    """Read from a server that does not answer, as soon as the endpoint has room for it; ends with that server."""
    statement = f"SELECT * FROM url('http://127.0.0.1:{silent_port}/', CSV, 'a Int8')"
    while (answer := ask(server, statement, http_receive_timeout=90, http_max_tries=1)).status_code == 503:
        time.sleep(0.05)
    return answer


def test_hanging_statements_leave_the_endpoint_answering(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        running_clickhouse(tmp_path) as server,
        ThreadPoolExecutor(MAX_STATEMENTS) as threads,
    ):
        hanging = [threads.submit(hang, server, silent.getsockname()[1]) for _ in range(MAX_STATEMENTS)]
        wait_until(lambda: ask(server, "SELECT 1").status_code == 503)
        assert ask(server, "SELECT 1").headers["X-ClickHouse-Exception-Code"] == "202"
        assert httpx.get(f"{server.url}/ping").text == "Ok.\n"
        silent.close()
        assert all("DB::Exception: Connection " in statement.result().text for statement in hanging)
        assert ask(server, "SELECT 1").text == "1\n"


def test_endpoint_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = f"""
        import pathlib, time
        from deploy.local.clickhouse.starter import running_clickhouse
        with running_clickhouse(pathlib.Path({str(tmp_path)!r})) as server:
            print(server.pid, flush=True)
            time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    psutil.wait_procs([child], timeout=20)
    assert not child.is_running()


def batch(number: int) -> bytes:
    values = itertools.chain.from_iterable((number, row) for row in range(BATCH_ROWS))
    return struct.pack(f"<{2 * BATCH_ROWS}I", *values)


def write_until_killed(server: ClickHouse, numbers: range, acknowledged: set[int]) -> None:
    """Insert batches one after the other; note each confirmed one."""
    for number in numbers:
        try:
            answer = ask(server, batch(number), query="INSERT INTO t (batch, n) FORMAT RowBinary")
        except httpx.TransportError:
            return
        answer.raise_for_status()
        acknowledged.add(number)


def kill_in_mid_insert(server: ClickHouse, first: int, seconds: float, acknowledged: set[int]) -> None:
    """Write from three threads, and kill the server `seconds` after the first confirmation."""
    before = len(acknowledged)
    with ThreadPoolExecutor(3) as threads:
        ranges = [range(first + 1000 * writer, first + 1000 * (writer + 1)) for writer in range(3)]
        writers = [threads.submit(write_until_killed, server, numbers, acknowledged) for numbers in ranges]
        wait_until(lambda: len(acknowledged) > before)
        time.sleep(seconds)
        os.kill(server.pid, signal.SIGKILL)
    for writer in writers:
        writer.result()


def test_kill_in_mid_insert_leaves_no_partial_batch_and_loses_no_confirmed_one(tmp_path: Path) -> None:
    chance, acknowledged = random.Random(20261122), set[int]()
    for kill in range(KILLS):
        with running_clickhouse(tmp_path) as server:
            ask(server, CREATE).raise_for_status()
            kill_in_mid_insert(server, 10_000 * kill, chance.uniform(0, 0.3), acknowledged)
    with running_clickhouse(tmp_path) as again:
        found = ask(again, "SELECT batch, count(), uniqExact(n) FROM t GROUP BY batch").text.splitlines()
    counts = {int(line.split()[0]): line.split()[1:] for line in found}
    assert all(count == [str(BATCH_ROWS)] * 2 for count in counts.values())
    assert acknowledged <= counts.keys()
