"""The parts that faults befall, each a real process that can be ended by any signal and started again where it was."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import psutil

from deploy.local.children import Command, start_child, stop_child
from deploy.local.clickhouse.starter import running_clickhouse
from deploy.local.postgres import running_postgres
from deploy.local.starting import StartError
from tests.chaos import clocks

PROJECT = Path(__file__).parents[2]
_STARTS = 5


class Running(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int:
        """Its number."""


class Part:
    """One process: `start` may be called again once it has ended; `clock` is how far ahead its next start is."""

    def __init__(self, start: Callable[[Mapping[str, str]], AbstractContextManager[Running]]) -> None:
        self.clock = 0.0
        self._start, self._running = start, ExitStack()
        self.pid = 0

    def start(self) -> None:
        """Start it, trying again while what was killed before is on its way out."""
        for left in reversed(range(_STARTS)):
            try:
                self.pid = self._running.enter_context(self._start(clocks.shifted(self.clock))).pid
            except StartError:
                if not left:
                    raise
            else:
                return

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still is."""
        os.kill(self.pid, number)

    def revive(self) -> bool:
        """Start it again if it has ended by itself, as whoever supervises it would; says whether it had."""
        ended = bool(self.pid) and not self._runs()
        if ended:
            self.end()
            self.start()
        return ended

    def end(self, number: signal.Signals = signal.SIGTERM) -> bool:
        """End it by a signal, and see it go; says whether it ran until then."""
        ran = self._runs()
        if self.pid:
            self.send(number)
            self._running.close()
            clocks.forget(self.pid)
            self.pid = 0
        return ran

    def _runs(self) -> bool:
        # Nobody else has its number before it is reaped, which is when it is stopped.
        return bool(self.pid) and psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE

    def restart(self, number: signal.Signals) -> None:
        """End it by a signal and start it again."""
        self.end(number)
        self.start()


def postgres_part(directory: Path, port: int) -> Part:
    """PostgreSQL over `directory`."""
    return Part(lambda environment: running_postgres(directory, port=port, durable=True, environment=environment))


def clickhouse_part(directory: Path, port: int) -> Part:
    """ClickHouse's endpoint over `directory`."""
    return Part(lambda _: running_clickhouse(directory, port=port))


def capture_part(services: tuple[str, ...], settings: Mapping[str, str], log: Path) -> Part:
    """`python -m cdc run` of some services."""
    argv = (sys.executable, "-m", "cdc", "run", *services)

    @contextmanager
    def start(_: Mapping[str, str]) -> Iterator[Running]:
        process = start_child(Command(argv, PROJECT, settings), log)
        try:
            yield process
        finally:
            stop_child(process, (signal.SIGTERM,))

    return Part(start)
