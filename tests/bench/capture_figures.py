"""What is measured of capture: draining a slot, inserting alone, commit to queryable, one very large transaction."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
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
from tests.bench.report import show_speeds, show_spreads, show_waits
from tests.bench.steady_load import Waits

_NOWHERE, _STORED = "pg_recvlogical to nowhere", "into history and latest"
_LARGE = "file"
_ROWS_PER_SECOND = 2000

# Parts that nobody has used, for as long as they are needed.
Fresh = Callable[[], AbstractContextManager[Parts]]
Measure = Callable[[Parts, float], Waits]


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


def latencies(console: Console, fresh: Fresh, seconds: float, repeat: int) -> dict[str, object]:
    """Milliseconds from commit to queryable: one table of mixed types, and every captured table of some services.

    Each round of each is on parts of its own.
    """
    found = dict[str, list[Waits]]()
    for _ in range(repeat):
        for load, measure in _LOADS.items():
            with fresh() as parts:
                found.setdefault(f"{load}, {_ROWS_PER_SECOND:,} rows/s", []).append(measure(parts, seconds))
    show_waits(console, found)
    return {load: [asdict(waits) for waits in rounds] for load, rounds in found.items()}


def large(console: Console, fresh: Fresh, rows: int, repeat: int) -> dict[str, list[float]]:
    """Memory and time that one transaction of `rows` rows takes."""
    found = dict[str, list[float]]()
    for _ in range(repeat):
        with fresh() as parts:
            of_file = service_catalog(_LARGE)
            measured = large_transaction.measure(parts.server, parts.clickhouse_url, of_file, parts.directory, rows)
        for name, figure in measured.items():
            found.setdefault(name, []).append(figure)
    show_spreads(console, f"one transaction of {rows:,} rows", found)
    return found


def _one_table(parts: Parts, seconds: float) -> Waits:
    stored_workload.prepare(parts)
    catalog, slot, dsn = workload.catalog(), "bench_latency", parts.server.dsn()
    drain.create_slot(dsn, slot)
    with (
        latency.reading_slot(dsn, slot, catalog, parts.clickhouse_url),
        latency.queryable(parts.clickhouse_url, catalog.tables[0]) as sees,
    ):
        return latency.commit_to_seen(latency.Load(dsn, _ROWS_PER_SECOND, seconds), sees)


def _services(parts: Parts, seconds: float, catalogs: Sequence[ServiceCatalog]) -> Waits:
    captured_services.prepare(parts.server, parts.clickhouse_url, catalogs)
    with captured_services.capture_running(parts.server, parts.clickhouse_url, catalogs, parts.directory / "cdc.log"):
        return all_tables.commit_to_queryable(parts.server, parts.clickhouse_url, catalogs, seconds)


def _all_of(*catalogs: ServiceCatalog) -> tuple[str, Measure]:
    tables = sum(len(each.tables) for each in catalogs)
    names = catalogs[0].service if len(catalogs) == 1 else f"{len(catalogs)} services"
    return f"the {tables} tables of {names}", partial(_services, catalogs=catalogs)


_LOADS: dict[str, Measure] = {
    "one table": _one_table,
    **dict([_all_of(service_catalog("file")), _all_of(service_catalog("content")), _all_of(*all_catalogs())]),
}
