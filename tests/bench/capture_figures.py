"""What is measured of capture: draining a slot, inserting alone, commit to queryable, one very large transaction."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial

from rich.console import Console

from cdc.catalog.declared import all_catalogs, service_catalog
from cdc.catalog.model import ServiceCatalog
from cdc.clickhouse import client
from deploy.local.accounts import server_account
from deploy.local.postgres_binaries import find_binaries
from tests.bench import (
    all_tables,
    captured_services,
    drain,
    inserts,
    large_transaction,
    latency,
    stored_workload,
    workload,
)
from tests.bench.parts import Parts
from tests.bench.report import show_figures, show_speeds, show_waits
from tests.bench.steady_load import Waits

_NOWHERE, _STORED = "pg_recvlogical to nowhere", "into history and latest"
_LARGE = "file"
_ROWS_PER_SECOND = 2000


def drains(console: Console, parts: Parts, changes: int, repeat: int) -> dict[str, list[float]]:
    """Changes per second: the same slot's changes read in several ways, one of them into history and latest."""
    catalog, dsn, binaries = workload.catalog(), parts.server.dsn(), find_binaries(server_account())
    stored_workload.prepare(parts)
    ways: dict[str, Callable[[str], None]] = {
        _NOWHERE: lambda slot: drain.receive_to_nowhere(binaries, dsn, slot),
        "psycopg2, dropped": lambda slot: drain.read_and_drop(dsn, slot),
        "psycopg2, decoded, dropped": lambda slot: drain.decode_and_drop(dsn, slot, catalog),
        _STORED: lambda slot: drain.drain_into_clickhouse(dsn, slot, catalog, parts.clickhouse_url),
    }
    slots = {(way, turn): f"bench_{number}_{turn}" for number, way in enumerate(ways) for turn in range(repeat)}
    for slot in slots.values():
        drain.create_slot(dsn, slot)
    with console.status(f"writing {changes} changes"):
        workload.write(dsn, changes, seed=1)
    found: dict[str, list[float]] = {way: [] for way in ways}
    # In turn, so that what else the machine does falls on all of them alike.
    for turn in range(repeat):
        stored_workload.empty(parts, catalog)
        for way, action in ways.items():
            found[way].append(changes / drain.timed(partial(action, slots[way, turn])))
            if way == _STORED:
                drain.assert_arrived(dsn, catalog, parts.clickhouse_url, changes)
    show_speeds(console, "drain of a slot", "changes/s", found, beside=_NOWHERE)
    return found


def bare_inserts(console: Console, parts: Parts, changes: int, repeat: int) -> dict[str, list[float]]:
    """Rows per second that ClickHouse takes of what a slot gave, with each promise of capture and without."""
    catalog, dsn, slot = workload.catalog(), parts.server.dsn(), "bench_inserts"
    workload.prepare(dsn)
    drain.create_slot(dsn, slot)
    with console.status(f"writing {changes} changes"):
        workload.write(dsn, changes, seed=1)
    batches = [rows for batch in drain.decoded(dsn, slot, catalog) for _, rows in batch.tables()]
    compared = inserts.variants()
    found: dict[str, list[float]] = {name: [] for name in compared}
    with client(parts.clickhouse_url) as opened:
        for variant in compared.values():
            variant.create(opened)
        for _ in range(repeat):
            for name, variant in compared.items():
                variant.empty(opened)
                found[name].append(changes / drain.timed(partial(variant.store, opened, batches)))
    show_speeds(console, "ClickHouse alone, the same bytes", "rows/s", found, beside=inserts.AS_CAPTURED)
    return found


def one_table(console: Console, parts: Parts, seconds: float) -> dict[str, object]:
    """Milliseconds from commit to queryable, one table of mixed types."""
    stored_workload.prepare(parts)
    catalog, slot, dsn = workload.catalog(), "bench_latency", parts.server.dsn()
    drain.create_slot(dsn, slot)
    with (
        latency.reading_slot(dsn, slot, catalog, parts.clickhouse_url),
        latency.queryable(parts.clickhouse_url, catalog.tables[0]) as sees,
    ):
        waits = latency.commit_to_seen(latency.Load(dsn, _ROWS_PER_SECOND, seconds), sees)
    return _waits(console, f"one table, {_ROWS_PER_SECOND:,} rows/s", waits)


def services(
    console: Console, parts: Parts, seconds: float, catalogs: Sequence[ServiceCatalog] = ()
) -> dict[str, object]:
    """Milliseconds from commit to queryable over every captured table of some services, all by default."""
    catalogs = catalogs or all_catalogs()
    captured_services.prepare(parts.server, parts.clickhouse_url, catalogs)
    with captured_services.capture_running(parts.server, parts.clickhouse_url, catalogs, parts.directory / "cdc.log"):
        waits = all_tables.commit_to_queryable(parts.server, parts.clickhouse_url, catalogs, seconds)
    tables = sum(len(each.tables) for each in catalogs)
    names = catalogs[0].service if len(catalogs) == 1 else f"{len(catalogs)} services"
    return _waits(console, f"{tables} tables of {names}, {all_tables.ROWS_PER_SECOND:,} rows/s", waits)


def large(console: Console, parts: Parts, rows: int) -> dict[str, float]:
    """Memory and time that one transaction of `rows` rows takes."""
    found = large_transaction.measure(
        parts.server, parts.clickhouse_url, service_catalog(_LARGE), parts.directory, rows
    )
    show_figures(console, f"one transaction of {rows:,} rows", found)
    return found


def _waits(console: Console, load: str, found: Waits) -> dict[str, object]:
    show_waits(console, {load: [found]})
    return {load: asdict(found)}
