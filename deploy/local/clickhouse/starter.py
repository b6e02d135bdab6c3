"""Starts the endpoint as a child process and waits until it answers."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from deploy.local.children import start_child, stop_child
from deploy.local.clickhouse.command import endpoint_command
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.ready import http_answers
from deploy.local.starting import wait_until_ready

ENDINGS = (signal.SIGTERM,)


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


@contextmanager
def running_clickhouse(
    directory: Path, *, port: int | None = None, password: str | None = None
) -> Iterator[ClickHouse]:
    """An endpoint over `directory`, stopped on leaving; dies with the calling thread. StartError if it can't start."""
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    log = directory / "endpoint.log"
    process = start_child(endpoint_command(directory, port, password), log)
    try:
        wait_until_ready(process, http_answers(port, "/ping"), f"ClickHouse on port {port}", log)
        yield ClickHouse(LOOPBACK, port, password, process.pid)
    finally:
        stop_child(process, ENDINGS)
