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
    """What is measured, its unit, and by how much it may grow over half of the time: of its level, and at least."""

    name: str
    unit: str
    share: float
    least: float


# Caches fill, merges come in waves, and a WAL segment has 16 MiB: what leaks grows beyond that, and on and on.
FIGURES = (
    Figure("memory of capture", "MiB", share=0.10, least=10),
    Figure("memory of ClickHouse", "MiB", share=0.25, least=100),
    Figure("lag", "s", share=0.50, least=1),
    Figure("active parts", "parts", share=0.25, least=30),
    Figure("WAL held back", "MiB", share=0.25, least=33),
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
