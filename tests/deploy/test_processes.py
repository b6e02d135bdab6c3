"""Processes of an earlier supervisor: ended when they are its own, left alone when a stranger has their pid."""

import signal
import subprocess
from collections.abc import Iterator

import pytest

from deploy.local.processes import Identity, end, find, identify


@pytest.fixture(name="process")
def process_fixture() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def test_a_process_is_found_by_pid_and_start_time(process: "subprocess.Popen[bytes]") -> None:
    found = find(identify(process.pid))
    assert found is not None
    assert found.pid == process.pid


def test_a_stranger_with_a_reused_pid_is_left_alone(process: "subprocess.Popen[bytes]") -> None:
    earlier = Identity(process.pid, identify(process.pid).started - 10)
    assert not end(earlier, [signal.SIGTERM])
    assert process.poll() is None


def test_a_process_left_behind_is_ended_by_its_own_signal() -> None:
    script = "trap 'echo interrupted; exit' INT; echo started; while :; do sleep 0.05; done"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        assert end(identify(process.pid), [signal.SIGINT])
        assert process.stdout.read() == "interrupted\n"


def test_a_process_that_is_gone_is_not_found(process: "subprocess.Popen[bytes]") -> None:
    identity = identify(process.pid)
    process.kill()
    process.wait()
    assert find(identity) is None
    assert not end(identity, [signal.SIGTERM])
