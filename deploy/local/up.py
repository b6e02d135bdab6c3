"""Brings a stack up: in the foreground as its supervisor, or by starting that supervisor and waiting for it."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from deploy.local.logs import Follower
from deploy.local.parts import Part, chosen
from deploy.local.ports import is_free
from deploy.local.record import StackRecord, read_record
from deploy.local.stack import local_stack
from deploy.local.stack_environment import read_environment, write_environment
from deploy.local.state import StateDirectory, supervisor_lock, supervisor_pid
from deploy.local.supervisor import Say, Supervisor, clear_leftovers
from services.kit.listener import listener

POLL_SECONDS = 0.1
SUPERVISOR = "supervisor"


class PortTakenError(Exception):
    """Something else listens where a part should."""


class StackError(Exception):
    """The stack can't be brought up as asked."""


def supervise(state: StateDirectory, names: Sequence[str], say: Say) -> bool:
    """Run the named parts, all if none is named, until told to stop; False if one could not be started."""
    with supervisor_lock(state):
        clear_leftovers(state, say)
        state.record.unlink(missing_ok=True)
        parts = chosen(local_stack(state, write_environment(state)), names)
        _check_ports(parts)
        return Supervisor(parts, state, say).run()


def _check_ports(parts: Sequence[Part]) -> None:
    for part in parts:
        if part.port is not None and not is_free(part.port.number):
            raise PortTakenError(
                f"port {part.port.number}, which {part.name} needs, is taken by {listener(part.port.number)}: "
                f"stop that, or set {part.port.variable} to another port"
            )


def detach(state: StateDirectory, names: Sequence[str], say: Say) -> None:
    """Start a supervisor of its own and return once everything runs; StackError if it gave up instead."""
    log = state.log(SUPERVISOR)
    supervisor = _start_supervisor(names, log)
    try:
        _follow_until_ready(state, supervisor, Follower(log, from_start=True), say)
    except KeyboardInterrupt:
        supervisor.terminate()
        supervisor.wait()
        raise


def _start_supervisor(names: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "up", *names],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _follow_until_ready(state: StateDirectory, supervisor: "subprocess.Popen[bytes]", log: Follower, say: Say) -> None:
    while True:
        ended = supervisor.poll() is not None
        record = read_record(state.record)
        for line in log.new_lines():
            say(line)
        if ended:
            raise StackError("the stack is not running")
        if record is not None and record.ready and record.supervisor == supervisor.pid:
            return
        time.sleep(POLL_SECONDS)


def await_running(state: StateDirectory, names: Sequence[str], say: Say) -> None:
    """Return once the stack that runs already is ready; StackError if it stops, or runs without a named part."""
    say(f"the stack is already running, under supervisor process {supervisor_pid(state)}")
    while supervisor_pid(state) is not None:
        record = read_record(state.record)
        if record is not None and record.ready:
            _require_parts(record, chosen(local_stack(state, read_environment(state.environment)), names))
            return
        time.sleep(POLL_SECONDS)
    raise StackError(f"the stack stopped before it was ready; its log is {state.log(SUPERVISOR)}")


def _require_parts(record: StackRecord, wanted: Sequence[Part]) -> None:
    running = {part.name for part in record.parts}
    missing = [part.name for part in wanted if part.name not in running]
    if missing:
        raise StackError(f"it runs without {', '.join(missing)}: run `python -m deploy.local down` first")
