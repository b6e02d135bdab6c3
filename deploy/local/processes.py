"""Processes that an earlier supervisor started: recognised by pid and start time, so that no stranger is ever hurt."""

import signal
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

CLOCK_SLACK = 2.0  # the start time is computed from the boot time, which clock adjustments move a little
STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Identity:
    """A process that can't be mistaken for a later one with the same pid: `started` is in seconds since the epoch."""

    pid: int
    started: float


def identify(pid: int) -> Identity:
    """The identity of a process that was just started; NoSuchProcess if it is gone already."""
    return Identity(pid, psutil.Process(pid).create_time())


def find(identity: Identity) -> psutil.Process | None:
    """The process itself, None if it ended, whoever has its pid now."""
    try:
        process = psutil.Process(identity.pid)
        same = abs(process.create_time() - identity.started) < CLOCK_SLACK
        alive = process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return process if same and alive else None


def end(identity: Identity, endings: Iterable[signal.Signals]) -> bool:
    """End the process if it still lives, by `endings` and SIGKILL at last; says whether it did."""
    found = False
    for ending in (*endings, signal.SIGKILL):
        process = find(identity)
        if process is None:
            break
        found = True
        process.send_signal(ending)
        psutil.wait_procs([process], timeout=STOP_SECONDS)
    return found
