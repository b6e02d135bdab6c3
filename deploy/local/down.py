"""Takes a stack down: asks its supervisor to stop, and ends what a dead supervisor left."""

import os
import signal
import time

from deploy.local.record import read_record
from deploy.local.state import StateDirectory, supervisor_lock, supervisor_pid
from deploy.local.supervisor import Say, clear_leftovers

POLL_SECONDS = 0.1


def take_down(state: StateDirectory, say: Say) -> None:
    """Stop the stack and wait until it is gone, saying what stops; say so if nothing ran."""
    supervisor = supervisor_pid(state)
    if supervisor is None:
        _clear(state, say)
        return
    waiting = _processes(state)
    os.kill(supervisor, signal.SIGTERM)
    while supervisor_pid(state) is not None:
        waiting = _say_stopped(state, waiting, say)
        time.sleep(POLL_SECONDS)
    _say_stopped(state, waiting, say)
    say("the stack is down")


def _clear(state: StateDirectory, say: Say) -> None:
    said: list[str] = []
    with supervisor_lock(state):
        clear_leftovers(state, said.append)
    for line in said or ["the stack is not running"]:
        say(line)


def _say_stopped(state: StateDirectory, before: list[str], say: Say) -> list[str]:
    """Say which of the processes `before` are gone; the names of those that are left."""
    left = _processes(state)
    for name in before:
        if name not in left:
            say(f"{name}: stopped")
    return left


def _processes(state: StateDirectory) -> list[str]:
    record = read_record(state.record)
    return [part.name for part in reversed(record.parts) if part.pid is not None] if record else []
