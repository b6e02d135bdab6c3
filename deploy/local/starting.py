"""Waits until a server that was started serves, or says why it never will."""

import time
from collections.abc import Callable
from pathlib import Path

from deploy.local.children import Process
from deploy.local.logs import tail
from deploy.local.ports import is_free
from services.kit.listener import listener

START_SECONDS = 60.0
POLL_SECONDS = 0.05


class StartError(Exception):
    """A server did not start; the message has the end of its log."""


def require_free_port(port: int, name: str) -> None:
    """Return if a server could listen on `port`; StartError names who does. For servers that are slow to find out."""
    if not is_free(port):
        raise StartError(f"{name} did not start: port {port} is taken by {listener(port)}")


def wait_until_ready(
    process: Process, ready: Callable[[], bool], name: str, log: Path, seconds: float = START_SECONDS
) -> None:
    """Return once `ready` says so; StartError if the process ends before that, or takes longer than `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise StartError(f"{name} did not start:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise StartError(f"{name} did not answer:\n{tail(log)}")
        time.sleep(POLL_SECONDS)
