"""Brings a stack up: in the foreground as its supervisor, or by starting that supervisor and waiting for it."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.logs import Follower
from deploy.local.parts import Part, chosen
from deploy.local.ports import is_free
from deploy.local.record import StackRecord, read_record
from deploy.local.source import Source, remembered_source
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


@dataclass(frozen=True)
class Wish:
    """What is to run: the named parts, all if none is named, and the source; without one, the source of last time."""

    names: Sequence[str] = ()
    source: Source | None = None


def supervise(state: StateDirectory, wish: Wish, say: Say) -> bool:
    """Run what is wished for until told to stop; False if a part could not be started."""
    with supervisor_lock(state):
        clear_leftovers(state, say)
        state.record.unlink(missing_ok=True)
        parts = chosen(local_stack(state, write_environment(state, wish.source)), wish.names)
        _check_ports(parts)
        return Supervisor(parts, state, say).run()


def _check_ports(parts: Sequence[Part]) -> None:
    for part in parts:
        for port in part.ports:
            if not is_free(port.number):
                raise PortTakenError(
                    f"port {port.number}, which {part.name} needs, is taken by {listener(port.number)}: "
                    f"stop that, or set {port.variable} to another port"
                )


def detach(state: StateDirectory, wish: Wish, say: Say) -> None:
    """Start a supervisor of its own and return once everything runs; StackError if it gave up instead."""
    log = state.log(SUPERVISOR)
    supervisor = _start_supervisor(wish, log)
    try:
        _follow_until_ready(state, supervisor, Follower(log, from_start=True), say)
    except KeyboardInterrupt:
        supervisor.terminate()
        supervisor.wait()
        raise


def _start_supervisor(wish: Wish, log: Path) -> "subprocess.Popen[bytes]":
    source = ("--source", wish.source) if wish.source else ()
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "up", *source, *wish.names],
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


def await_running(state: StateDirectory, wish: Wish, say: Say) -> None:
    """Return once the stack that runs already is ready; StackError if it stops, or isn't what is wished for."""
    say(f"the stack is already running, under supervisor process {supervisor_pid(state)}")
    while supervisor_pid(state) is not None:
        record = read_record(state.record)
        if record is not None and record.ready:
            values = read_environment(state.environment)
            _require_source(remembered_source(values), wish.source)
            _require_parts(record, chosen(local_stack(state, values), wish.names))
            return
        time.sleep(POLL_SECONDS)
    raise StackError(f"the stack stopped before it was ready; its log is {state.log(SUPERVISOR)}")


def _require_source(running: Source, wanted: Source | None) -> None:
    if wanted not in {None, running}:
        raise StackError(f"its source is {running}, not {wanted}: run `python -m deploy.local down` first")


def _require_parts(record: StackRecord, wanted: Sequence[Part]) -> None:
    running = {part.name for part in record.parts}
    missing = [part.name for part in wanted if part.name not in running]
    if missing:
        raise StackError(f"it runs without {', '.join(missing)}: run `python -m deploy.local down` first")
