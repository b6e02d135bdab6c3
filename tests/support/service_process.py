"""A service as it is started in production: a process of its own on a real socket."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.local.ports import LOOPBACK, free_port
from services.registry import Service

SECONDS_TO_START = 300.0
SECONDS_TO_STOP = 30.0


@dataclass(frozen=True)
class ServiceProcess:
    """A process of a service, where it listens, and the file that has what it said."""

    service: Service
    url: str
    log: Path
    popen: "subprocess.Popen[bytes]"

    def wait_until_serving(self) -> None:
        """Return once /healthz answers 200; AssertionError if the process ends, TimeoutError if it takes too long."""
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            assert self.popen.poll() is None, f"{self.service.name} ended: {self.said()[-2000:]}"
            try:
                if httpx.get(f"{self.url}/healthz", trust_env=False).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise TimeoutError(f"{self.service.name} did not start to serve: {self.said()[-2000:]}")

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
    others = {name: value for name, value in os.environ.items() if not name.startswith(service.env_prefix)}
    own = {f"{service.env_prefix}HOST": LOOPBACK, f"{service.env_prefix}PORT": str(port), **variables}
    nowhere = {"HULEEDU_ENV_FILE": str(directory / "no such file")}
    log = directory / f"{service.name}-{port}.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", service.package], env=others | nowhere | own, stdout=output, stderr=subprocess.STDOUT
        ) as popen,
    ):
        try:
            yield ServiceProcess(service, f"http://{LOOPBACK}:{port}", log, popen)
        finally:
            popen.kill()
