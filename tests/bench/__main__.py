"""`python -m tests.bench`: prints tables of ratios and figures, and writes them to a JSON file."""

import asyncio
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.declared import all_catalogs
from cdc.clickhouse import client
from deploy.local.accounts import server_account
from deploy.local.clickhouse.starter import running_clickhouse
from deploy.local.postgres import Postgres, running_postgres
from deploy.local.postgres_binaries import find_binaries
from migrations.clickhouse import upgrade
from tests.bench import all_tables, captured_services, drain, gateway, latency, repositories, workload
from tests.bench.report import Figures, show_speeds, show_waits
from tests.support.directories import server_directory
from tests.support.service_database import ServiceTemplates

_console = Console()
_BARE, _OURS = "bare asyncpg", "repository"
_NOWHERE = "pg_recvlogical to nowhere"


@dataclass(frozen=True)
class _Parts:
    """What is measured: a server, ClickHouse, and a directory for whatever else is started."""

    server: Postgres
    clickhouse_url: str
    directory: Path


def main(
    changes: Annotated[int, typer.Option(help="changes to drain")] = 200_000,
    repeat: Annotated[int, typer.Option(help="rounds of each measurement that takes turns with another")] = 3,
    seconds: Annotated[float, typer.Option(help="how long each latency is measured")] = 15,
    output: Annotated[Path, typer.Option(help="where the figures are written")] = Path(".huleedu/bench.json"),
) -> None:
    """Measure repositories, the gateway, the drain of a slot and the time from commit to queryable."""
    figures = {
        "operations_per_second": _on_fresh_parts(partial(_repositories, rounds=2 * repeat)),
        "requests_per_second": _on_fresh_parts(partial(_gateway, rounds=2 * repeat)),
        "changes_per_second": _on_fresh_parts(partial(_drains, changes=changes, repeat=repeat)),
        "commit_to_queryable_ms": _on_fresh_parts(partial(_one_table, seconds=seconds))
        | _on_fresh_parts(partial(_all_tables, seconds=seconds)),
    }
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    _console.print(f"written to {output}")


def _on_fresh_parts(measure: Callable[[_Parts], dict[str, object]]) -> dict[str, object]:
    """Nothing that one measurement left behind takes part in the next."""
    with ExitStack() as parts:
        directory = parts.enter_context(server_directory())
        server = parts.enter_context(running_postgres(directory / "postgres"))
        store = Path(parts.enter_context(TemporaryDirectory()))
        clickhouse = parts.enter_context(running_clickhouse(store / "clickhouse"))
        return measure(_Parts(server, clickhouse.url, store))


def _repositories(parts: _Parts, rounds: int) -> dict[str, object]:
    found = asyncio.run(repositories.operations_per_second(ServiceTemplates(parts.server), rounds, repeat=100))
    speeds: Figures = {
        name: {_BARE: each.in_bare_asyncpg, _OURS: each.through_the_repository} for name, each in found.items()
    }
    for name, each in speeds.items():
        show_speeds(_console, f"file service: {name}", "operations/s", each, beside=_BARE)
    return dict(speeds)


def _gateway(parts: _Parts, rounds: int) -> dict[str, object]:
    found = asyncio.run(gateway.requests_per_second(ServiceTemplates(parts.server), parts.directory, rounds, 2.0))
    speeds = {"log off": found.not_logged, "log on": found.logged}
    show_speeds(_console, "gateway", "requests/s", speeds, beside="log off")
    return dict(speeds)


def _drains(parts: _Parts, changes: int, repeat: int) -> dict[str, object]:
    catalog, dsn, binaries = workload.catalog(), parts.server.dsn(), find_binaries(server_account())
    _prepare_workload(parts)
    ways: dict[str, Callable[[str], None]] = {
        _NOWHERE: lambda slot: drain.receive_to_nowhere(binaries, dsn, slot),
        "read and decode alone": lambda slot: drain.read_with_the_library(dsn, slot, catalog),
        "into history and latest": lambda slot: drain.drain_into_clickhouse(dsn, slot, catalog, parts.clickhouse_url),
    }
    slots = {(way, turn): f"bench_{number}_{turn}" for number, way in enumerate(ways) for turn in range(repeat)}
    for slot in slots.values():
        drain.create_slot(dsn, slot)
    with _console.status(f"writing {changes} changes"):
        workload.write(dsn, changes, seed=1)
    found: dict[str, list[float]] = {way: [] for way in ways}
    # In turn, so that what else the machine does falls on all of them alike.
    for turn in range(repeat):
        for way, action in ways.items():
            found[way].append(changes / drain.timed(partial(action, slots[way, turn])))
    show_speeds(_console, "drain of a slot", "changes/s", found, beside=_NOWHERE)
    return dict(found)


def _one_table(parts: _Parts, seconds: float) -> dict[str, object]:
    _prepare_workload(parts)
    slot, dsn = "bench_latency", parts.server.dsn()
    drain.create_slot(dsn, slot)
    waits = latency.commit_to_queryable(dsn, slot, workload.catalog(), parts.clickhouse_url, seconds)
    return _waits(f"one table, {latency.ROWS_PER_SECOND:,} rows/s", waits)


def _all_tables(parts: _Parts, seconds: float) -> dict[str, object]:
    catalogs = all_catalogs()
    captured_services.prepare(parts.server, parts.clickhouse_url, catalogs)
    with captured_services.capture_running(parts.server, parts.clickhouse_url, catalogs, parts.directory / "cdc.log"):
        waits = all_tables.commit_to_queryable(parts.server, parts.clickhouse_url, catalogs, seconds)
    tables = sum(len(each.tables) for each in catalogs)
    load = f"{tables} tables of {len(catalogs)} services, {all_tables.ROWS_PER_SECOND:,} rows/s"
    return _waits(load, waits)


def _prepare_workload(parts: _Parts) -> None:
    with client(parts.clickhouse_url) as opened:
        upgrade(opened, wanted_objects([workload.catalog()], durable=True))
    workload.prepare(parts.server.dsn())


def _waits(load: str, found: list[float]) -> dict[str, object]:
    show_waits(_console, {load: found})
    return {load: found}


if __name__ == "__main__":
    typer.run(main)
