"""A stack of a test's own, driven by `python -m deploy.local` as its users drive it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.ports import free_port
from deploy.local.record import PartRecord
from deploy.local.stack_environment import read_environment
from deploy.local.state import StateDirectory
from deploy.local.status import StackStatus
from services.registry import SERVICES

PATIENCE = 30.0
SERVER_PORTS = ("HULEEDU_POSTGRES_PORT", "HULEEDU_CLICKHOUSE_PORT", "HULEEDU_VALKEY_PORT", "CDC_METRICS_PORT")
KAFKA_PORTS = ("HULEEDU_KAFKA_PORT", "HULEEDU_KAFKA_CONTROLLER_PORT", "HULEEDU_CONNECT_PORT")
PORTS = (*SERVER_PORTS, *KAFKA_PORTS, *(f"{service.env_prefix}PORT" for service in SERVICES))
SERVERS = ("bootstrap", "clickhouse", "valkey")
# More than once: an `up` that was under way may start its supervisor after the first.
WHEN_INPUT_ENDS = 'read -r _; for _ in 1 2 3 4 5; do "$0" -m deploy.local down; sleep 3; done'
Answer = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Stack:
    """A stack of its own state and ports."""

    state: StateDirectory
    environment: dict[str, str]

    def __call__(self, *arguments: str, module: str = "deploy.local", **variables: str) -> Answer:
        """The answer of a command of the project, which finds this stack and no other."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
            env=self.environment | variables,
        )

    def up(self, parts: Sequence[str] = SERVERS) -> None:
        """The named parts running, all if none is named; else the servers, PostgreSQL with the services' roles."""
        answer = self("up", "--detach", *parts)
        assert answer.returncode == 0, answer.stdout + answer.stderr

    def status(self) -> StackStatus:
        return StackStatus.model_validate_json(self("status", "--json").stdout)

    def part(self, name: str) -> PartRecord:
        return next(part for part in self.status().parts if part.name == name)

    def app_url(self) -> str:
        return read_environment(self.state.environment)["FILE_SERVICE_DATABASE_URL"]


@contextmanager
def stack_below(root: Path) -> Iterator[Stack]:
    """A stack that keeps its state below `root` and listens on free ports; nothing is started.

    Who uses it takes it down; what it runs ends, too, when the test run is killed.
    """
    state = StateDirectory(root / "state")
    ports = {name: str(free_port()) for name in PORTS}
    places = {"HULEEDU_STATE_DIR": str(state.root), "HULEEDU_ENV_FILE": str(state.environment)}
    stack = Stack(state, os.environ | ports | places)
    with _taken_down_if_killed(stack):
        yield stack


@contextmanager
def _taken_down_if_killed(stack: Stack) -> Iterator[None]:
    """A shell waits for the end of its input, which comes when nobody is left to hold it."""
    with subprocess.Popen(
        ["sh", "-c", WHEN_INPUT_ENDS, sys.executable],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=stack.environment,
        start_new_session=True,
    ) as waiting:
        try:
            yield
        finally:
            waiting.kill()


def eventually(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)
