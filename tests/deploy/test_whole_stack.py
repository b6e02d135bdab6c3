"""The complete stack: what was committed survives the violent end of every process, and reaches ClickHouse."""

import os
import signal
from collections.abc import Iterator
from uuid import uuid4

import httpx
import psutil
import pytest

from deploy.local.ports import LOOPBACK
from deploy.local.processes import end
from deploy.local.record import PartRecord, read_record
from deploy.local.stack_environment import read_environment
from deploy.local.state import supervisor_pid
from deploy.local.status import StackStatus, stack_status
from services.file_service.tests.documents import ESSAY
from services.kit.clickhouse import connected
from services.registry import SERVICES
from tests.deploy.stack_command import Stack, eventually, stack_below
from tests.support.callers import ANNA
from tests.support.directories import server_directory
from tests.support.sql import run

SECONDS = 60.0
EVERY_PART = ()
SERVERS = {"postgres", "clickhouse", "valkey", "cdc", *(service.name for service in SERVICES)}


@pytest.fixture(name="whole")
def _whole() -> Iterator[Stack]:
    """A complete stack, running; at the end none of its processes is left, whatever became of the test."""
    with server_directory() as root, stack_below(root) as stack:
        try:
            stack.up(EVERY_PART)
            yield stack
        finally:
            parts = recorded_parts(stack)
            stack("down", "--delete-data")
            left = [part.name for part in parts if part.identity and end(part.identity, [signal.SIGKILL])]
        assert left == []
        assert supervisor_pid(stack.state) is None


def recorded_parts(stack: Stack) -> tuple[PartRecord, ...]:
    record = read_record(stack.state.record)
    return record.parts if record else ()


def running(status: StackStatus) -> dict[str, int]:
    """The processes of the parts that run."""
    return {part.name: part.pid for part in status.parts if part.pid is not None}


def upload(stack: Stack) -> str:
    """The id of a new file."""
    address = f"http://{LOOPBACK}:{stack.environment['FILE_SERVICE_PORT']}/v1/batches/{uuid4()}/files"
    answer = httpx.post(address, files={"files": ("essay.txt", ESSAY.encode())}, headers=ANNA, timeout=30)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["results"][0]["file"]["file_id"])


def kill_every_part(stack: Stack) -> None:
    """Kill them all at once, and wait until the supervisor has them running again."""
    before = running(stack_status(stack.state))
    assert before.keys() == SERVERS
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    def is_anew() -> bool:
        status = stack_status(stack.state)
        now = running(status)
        return status.healthy and now.keys() == SERVERS and not set(now.values()) & set(before.values())

    eventually(is_anew, SECONDS)


def kill_supervisor(stack: Stack) -> None:
    """Kill it, and wait until its parts have ended with it."""
    status = stack_status(stack.state)
    assert status.supervisor is not None
    parts = [psutil.Process(pid) for pid in running(status).values()]
    os.kill(status.supervisor, signal.SIGKILL)
    assert not psutil.wait_procs(parts, timeout=SECONDS)[1]


@pytest.mark.timeout(500)
def test_files_outlive_the_kill_of_every_part_and_of_the_supervisor_and_are_captured(whole: Stack) -> None:
    files = [upload(whole)]
    kill_every_part(whole)
    files.append(upload(whole))
    kill_supervisor(whole)
    whole.up(EVERY_PART)

    stored = [str(file_id) for (file_id,) in run(whole.app_url(), "SELECT file_id FROM files ORDER BY created_at")]
    assert stored == files
    verified = whole("verify", module="cdc")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "file.files: equal, 2 rows in PostgreSQL" in verified.stdout
    with connected(read_environment(whole.state.environment)["ANALYTICS_CLICKHOUSE_URL"]) as clickhouse:
        shown = clickhouse.query("SELECT toString(file_id) FROM file.files ORDER BY created_at").result_rows
    assert [file_id for (file_id,) in shown] == files
    told = whole("timeline", "file.files", files[0], module="analytics")
    assert told.returncode == 0, told.stderr
    assert "created" in told.stdout
    metrics = httpx.get(f"{whole.part('cdc').address}/metrics", timeout=30)
    assert 'huleedu_cdc_source_info{service="file",source="slot"} 1.0' in metrics.text
