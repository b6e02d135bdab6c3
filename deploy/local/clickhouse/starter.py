"""Starts the endpoint as a child process and waits until it answers."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

import httpx

from deploy.local.children import Command, Process, start_child, stop_child
from deploy.local.clickhouse.__main__ import PASSWORD_VARIABLE
from deploy.local.logs import tail
from deploy.local.ports import LOOPBACK, free_port

START_SECONDS = 60.0
PROJECT = Path(__file__).parents[3]
ENDINGS = (signal.SIGTERM,)


class StartError(Exception):
    """The endpoint did not start."""


@dataclass(frozen=True)
class ClickHouse:
    """A running endpoint."""

    host: str
    port: int
    password: str | None = field(repr=False)
    pid: int

    @property
    def url(self) -> str:
        """Where clients find it, credentials included."""
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        return f"http://default{secret}@{self.host}:{self.port}"


def endpoint_command(directory: Path, port: int) -> tuple[str, ...]:
    """The command line of an endpoint over `directory`; its password is $HULEEDU_CLICKHOUSE_PASSWORD."""
    return (sys.executable, "-m", "deploy.local.clickhouse", "--path", str(directory), "--port", str(port))


def answers(port: int) -> bool:
    """Whether an endpoint answers on `port` now."""
    try:
        return httpx.get(f"http://{LOOPBACK}:{port}/ping", timeout=2.0).status_code == HTTPStatus.OK
    except httpx.TransportError:
        return False


@contextmanager
def running_clickhouse(
    directory: Path, *, port: int | None = None, password: str | None = None
) -> Iterator[ClickHouse]:
    """An endpoint over `directory`, stopped on leaving; dies with the calling thread. StartError if it can't start."""
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    log = directory / "endpoint.log"
    command = Command(endpoint_command(directory, port), PROJECT, {PASSWORD_VARIABLE: password or ""})
    process = start_child(command, log)
    try:
        _wait_until_ready(process, port, log)
        yield ClickHouse(LOOPBACK, port, password, process.pid)
    finally:
        stop_child(process, ENDINGS)


def _wait_until_ready(process: Process, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(port):
        if process.poll() is not None:
            raise StartError(f"ClickHouse did not start on port {port}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise StartError(f"ClickHouse did not answer on port {port}:\n{tail(log)}")
        time.sleep(0.05)
