"""A service as it is started in production: a process of its own on a real socket."""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.children import Command, Process, start_child, stop_child
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.ready import http_answers
from deploy.local.starting import wait_until_ready
from services.registry import Service

SECONDS_TO_START = 300.0
SECONDS_TO_STOP = 30.0


@dataclass(frozen=True)
class ServiceProcess:
    """A process of a service, where it listens, and the file that has what it said."""

    service: Service
    port: int
    log: Path
    popen: Process

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def wait_until_serving(self) -> None:
        """Return once /healthz answers 200; StartError if the process ends, or takes too long."""
        ready = http_answers(self.port, "/healthz")
        wait_until_ready(self.popen, ready, self.service.name, self.log, SECONDS_TO_START)

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def ended(self) -> tuple[int, str]:
        """Its exit code, once it has ended by itself, and what it said."""
        return self.popen.wait(SECONDS_TO_START), self.said()

    def stop(self) -> int:
        """End the process as an operator would; its exit code."""
        self.popen.terminate()
        return self.popen.wait(SECONDS_TO_STOP)


@contextmanager
def service_process(
    service: Service, variables: Mapping[str, str], directory: Path, port: int | None = None
) -> Iterator[ServiceProcess]:
    """A process with these `variables` of its own and no other of the service's, not waited for; killed at the end."""
    port = port or free_port()
    own = {
        "HULEEDU_ENV_FILE": str(directory / "no such file"),
        f"{service.env_prefix}HOST": LOOPBACK,
        f"{service.env_prefix}PORT": str(port),
        **variables,
    }
    log = directory / f"{service.name}-{port}.log"
    command = Command((sys.executable, "-m", service.package), environment=own, left_out=(service.env_prefix,))
    process = start_child(command, log, on_death=signal.SIGKILL)
    try:
        yield ServiceProcess(service, port, log, process)
    finally:
        stop_child(process, ())
