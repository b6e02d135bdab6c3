"""One supervised part: when it starts, when it counts as running, and what happens when it ends."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.children import Command
from deploy.local.parts import Kind, Part, Readiness
from deploy.local.record import Condition
from deploy.local.supervised import SupervisedPart
from services.kit.backoff import Backoff

PATIENCE = 10.0
SLEEP = Command(("sleep", "60"))

Supervise = Callable[[Part], SupervisedPart]


@pytest.fixture(name="supervise")
def supervise_fixture(tmp_path: Path) -> Iterator[Supervise]:
    started: list[SupervisedPart] = []

    def supervise(part: Part) -> SupervisedPart:
        started.append(SupervisedPart(part, tmp_path / f"{part.name}.log", Backoff(first=0.02, longest=0.05)))
        return started[-1]

    yield supervise
    for each in started:
        each.stop()


def shell(script: str) -> Command:
    return Command(("sh", "-c", script))


def advance_until(each: SupervisedPart, condition: Condition) -> None:
    deadline = time.monotonic() + PATIENCE
    while each.condition is not condition:
        assert time.monotonic() < deadline, f"still {each.condition}"
        each.advance(may_start=True)
        time.sleep(0.01)


def pid_of(each: SupervisedPart) -> int:
    pid = each.record().pid
    assert pid is not None
    return pid


def test_a_part_waits_until_it_may_start(supervise: Supervise) -> None:
    each = supervise(Part("server", SLEEP))
    each.advance(may_start=False)
    assert each.condition is Condition.WAITING
    assert each.record().pid is None


def test_a_server_runs_once_it_is_ready(supervise: Supervise, tmp_path: Path) -> None:
    flag = tmp_path / "ready"
    each = supervise(Part("server", SLEEP, readiness=Readiness(flag.exists)))
    for _ in range(3):
        each.advance(may_start=True)
    assert each.condition is Condition.STARTING
    flag.touch()
    advance_until(each, Condition.RUNNING)
    assert psutil.Process(pid_of(each)).cmdline() == list(SLEEP.argv)


def test_a_killed_server_is_started_again(supervise: Supervise) -> None:
    each = supervise(Part("server", SLEEP))
    advance_until(each, Condition.RUNNING)
    first = pid_of(each)
    os.kill(first, signal.SIGKILL)
    advance_until(each, Condition.RESTARTING)
    assert each.record().last_exit == "SIGKILL"
    advance_until(each, Condition.RUNNING)
    assert pid_of(each) != first
    assert each.record().restarts == 1


def test_what_a_dead_server_started_goes_with_it(supervise: Supervise) -> None:
    each = supervise(Part("server", shell("sleep 60 & echo child $!; wait")))
    advance_until(each, Condition.RUNNING)
    while not each.log.read_text(encoding="utf-8").endswith("\n"):
        time.sleep(0.01)
    child = psutil.Process(int(each.log.read_text(encoding="utf-8").split()[1]))
    os.kill(pid_of(each), signal.SIGKILL)
    advance_until(each, Condition.RESTARTING)
    assert not psutil.wait_procs([child], timeout=PATIENCE)[1]


def test_a_step_is_done_when_it_ends_well(supervise: Supervise) -> None:
    each = supervise(Part("step", shell("true"), kind=Kind.STEP))
    advance_until(each, Condition.DONE)
    assert each.satisfied


def test_a_step_that_fails_is_tried_again_and_says_how_it_failed(supervise: Supervise) -> None:
    each = supervise(Part("step", shell("echo no such table; exit 3"), kind=Kind.STEP))
    for _ in range(2):
        advance_until(each, Condition.STARTING)
        advance_until(each, Condition.RESTARTING)
    assert each.backoff.failures == 2
    assert each.record().last_exit == "exit code 3"
    assert each.log.read_text(encoding="utf-8").startswith("no such table\n")


def test_a_server_that_never_gets_ready_is_stopped_and_tried_again(supervise: Supervise) -> None:
    each = supervise(Part("server", SLEEP, readiness=Readiness(lambda: False, within=0.05)))
    advance_until(each, Condition.STARTING)
    process = psutil.Process(pid_of(each))
    advance_until(each, Condition.RESTARTING)
    assert each.record().last_exit == "not ready after 0.05 s"
    assert not process.is_running()


def test_stopping_ends_a_process_that_ignores_the_first_signal(
    supervise: Supervise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.local.children.STOP_SECONDS", 0.2)
    each = supervise(Part("server", shell("trap '' TERM; echo deaf; while :; do sleep 0.05; done")))
    advance_until(each, Condition.RUNNING)
    while not each.log.read_bytes():
        time.sleep(0.01)
    process = psutil.Process(pid_of(each))
    assert each.stop()
    assert not process.is_running()
    assert each.condition is Condition.STOPPED
