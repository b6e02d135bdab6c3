"""The figures of a soak: what is measured again and again, and how much each may grow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import psutil

from cdc.catalog.postgres_ddl import slot_name
from cdc.clickhouse import client, rows_of
from tests.chaos.platform import CLICKHOUSE, Platform
from tests.chaos.targets import SERVICES
from tests.support.sql import run

_MIB = 1 << 20


class Sample(NamedTuple):
    """One measurement: seconds since the beginning, and each figure by name."""

    at_seconds: float
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Figure:
    """What is measured, its unit, and by how much it may grow.

    share: of its level, over a quarter of an hour, and no more however long it takes; noise: what it may seem to grow
    in any time, since it goes up and down, in its unit.
    """

    name: str
    unit: str
    share: float
    noise: float

    def allowed(self, level: float, minutes: float) -> float:
        """What it may grow in so many minutes, in its unit: what leaks grows beyond that, and on and on."""
        return max(self.noise, self.share * level * min(1.0, minutes / _MINUTES_OF_SHARE))


# Half of the half hour that a soak takes.
_MINUTES_OF_SHARE = 15.0
# Caches fill, merges come in waves, and a WAL segment has 16 MiB.
FIGURES = (
    Figure("memory of capture", "MiB", share=0.10, noise=6),
    Figure("memory of ClickHouse", "MiB", share=0.25, noise=80),
    Figure("lag", "s", share=0.50, noise=1),
    Figure("active parts", "parts", share=0.25, noise=30),
    Figure("WAL held back", "MiB", share=0.25, noise=33),
)


def measured(platform: Platform, lag_seconds: float) -> dict[str, float]:
    """Every figure now."""
    return {
        "memory of capture": sum(resident_mib(process.pid) for process in platform.capture.processes),
        "memory of ClickHouse": resident_mib(platform.parts[CLICKHOUSE].pid),
        "lag": lag_seconds,
        "active parts": _active_parts(platform),
        "WAL held back": _wal_held_back_mib(platform),
    }


def resident_mib(pid: int) -> float:
    """The memory that a process has resident."""
    return float(psutil.Process(pid).memory_info().rss) / _MIB


def _active_parts(platform: Platform) -> float:
    with client(platform.ground.clickhouse_url) as opened:
        return float(rows_of(opened, "SELECT count() FROM system.parts WHERE active")[0][0])


def _wal_held_back_mib(platform: Platform) -> float:
    names = ", ".join(f"'{slot_name(service)}'" for service in SERVICES)
    query = (
        "SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn))::float8 FROM pg_replication_slots"
        f" WHERE slot_name IN ({names})"
    )
    return float(str(run(platform.ground.superuser_dsn, query)[0][0])) / _MIB
