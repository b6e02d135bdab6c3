"""One transaction of millions of rows through `python -m cdc run`: peak of memory, its time, and that of `verify`."""

import time
from collections.abc import Callable
from pathlib import Path

from clickhouse_connect.driver import Client

from cdc.bookkeeping.progress import progress
from cdc.catalog.model import CapturedTable, ServiceCatalog
from cdc.clickhouse import client, rows_of
from cdc.postgres import lsn_number
from cdc.verify.proof import verify_table
from deploy.local.postgres import Postgres
from tests.bench import captured_services
from tests.bench.captured_services import database_of
from tests.bench.generated_rows import insert_rows
from tests.support.memory import peak_bytes
from tests.support.sql import run

_PATIENCE_SECONDS = 1800.0
_POLL_SECONDS = 0.2
_MIB = 1 << 20


def measure(
    server: Postgres, clickhouse_url: str, catalog: ServiceCatalog, directory: Path, rows: int
) -> dict[str, float]:
    """Write `rows` rows of the service's first table in one transaction while capture runs, then prove them."""
    dsn, table = server.dsn(database_of(catalog)), catalog.tables[0]
    captured_services.prepare(server, clickhouse_url, [catalog])
    with (
        captured_services.capture_running(server, clickhouse_url, [catalog], directory / "cdc.log") as pid,
        client(clickhouse_url) as opened,
    ):
        run(dsn, insert_rows(table, rows + 1, 1))
        _seconds_until(lambda: bool(rows_of(opened, f"SELECT 1 FROM {table}")))
        before = peak_bytes(pid)
        run(dsn, insert_rows(table, 1, rows))
        end = lsn_number(str(run(dsn, "SELECT pg_current_wal_insert_lsn()")[0][0]))
        stored = _seconds_until(lambda: (there := progress(opened, catalog.service)) is not None and there.lsn >= end)
        peak = peak_bytes(pid)
        verified = _verified(table, catalog, dsn, opened, rows + 1)
    return {
        "memory before, MiB": before / _MIB,
        "peak of memory, MiB": peak / _MIB,
        "commit to stored whole, s": stored,
        "verify, s": verified,
        "verify, rows/s": rows / verified,
    }


def _verified(table: CapturedTable, catalog: ServiceCatalog, dsn: str, opened: Client, rows: int) -> float:
    """Seconds that the proof took of a table that must have so many rows, and equal in ClickHouse."""
    began = time.perf_counter()
    proof = verify_table(table, catalog, dsn, opened, _PATIENCE_SECONDS)
    assert (proof.rows, proof.differences) == (rows, ()), "what was measured is not what was written"
    return time.perf_counter() - began


def _seconds_until(reached: Callable[[], bool]) -> float:
    began = time.perf_counter()
    while not reached():
        if time.perf_counter() - began > _PATIENCE_SECONDS:
            raise TimeoutError(f"it was not reached within {_PATIENCE_SECONDS:g} s")
        time.sleep(_POLL_SECONDS)
    return time.perf_counter() - began
