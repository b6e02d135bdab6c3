"""Who has the cores: CPU time of this process and of those it started, by what they are."""

import time
from collections.abc import Mapping
from contextlib import suppress

import psutil

OURSELVES = "measuring and writing"
# What a command line has in it, and what the process is.
_KINDS = {
    "deploy.local.clickhouse": "ClickHouse",
    "-m cdc run": "capture",
    "spawn_main": "sinks",
    "kafka.Kafka": "Kafka",
    "ConnectDistributed": "Connect",
    "postgres": "PostgreSQL",
}


class Cores:
    """Since it was made: how many cores each kind of process had."""

    def __init__(self) -> None:
        self._began, self._before = time.monotonic(), _cpu_seconds()

    def in_use(self) -> Mapping[str, float]:
        """Cores, by kind of process; one that has ended by now is left out."""
        seconds, used = time.monotonic() - self._began, dict[str, float]()
        for process, (kind, spent) in _cpu_seconds().items():
            before = self._before.get(process, (kind, 0.0))[1]
            used[kind] = used.get(kind, 0.0) + (spent - before) / seconds
        return used


def kind_of(command: str) -> str:
    """What a process with this command line is."""
    return next((kind for sign, kind in _KINDS.items() if sign in command), OURSELVES)


def _cpu_seconds() -> dict[int, tuple[str, float]]:
    """What each process is, and what it has spent."""
    ourselves = psutil.Process()
    spent = {ourselves.pid: (OURSELVES, _spent(ourselves))}
    for process in ourselves.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            spent[process.pid] = (kind_of(" ".join(process.cmdline())), _spent(process))
    return spent


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
