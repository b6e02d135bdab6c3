"""`python -m tests.bench`: prints one table of ratios and figures, and writes them to a JSON file."""

import json
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.clickhouse import client
from deploy.local.accounts import server_account
from deploy.local.clickhouse.starter import running_clickhouse
from deploy.local.postgres import Postgres, running_postgres
from deploy.local.postgres_binaries import find_binaries
from migrations.clickhouse import upgrade
from tests.bench import drain, workload
from tests.bench.latency import ROWS_PER_SECOND, commit_to_queryable
from tests.support.directories import server_directory

_console = Console()


def main(
    changes: Annotated[int, typer.Option(help="changes to drain")] = 200_000,
    repeat: Annotated[int, typer.Option(help="how often each drain is measured")] = 3,
    seconds: Annotated[float, typer.Option(help="how long latency is measured")] = 15,
    output: Annotated[Path, typer.Option(help="where the figures are written")] = Path(".huleedu/bench.json"),
) -> None:
    """Measure the drain of a slot and the time from commit to queryable, beside the bare parts."""
    with (
        server_directory() as directory,
        running_postgres(directory) as server,
        TemporaryDirectory() as store,
        running_clickhouse(Path(store)) as clickhouse,
    ):
        with client(clickhouse.url) as opened:
            upgrade(opened, wanted_objects([workload.catalog()], durable=True))
        workload.prepare(server.dsn())
        figures = {
            "changes": changes,
            "drains": _drains(server, clickhouse.url, changes, repeat),
            "latency_ms": _latency(server, clickhouse.url, seconds),
        }
    _show(figures)
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    _console.print(f"written to {output}")


def _drains(server: Postgres, clickhouse_url: str, changes: int, repeat: int) -> dict[str, list[float]]:
    catalog, dsn, binaries = workload.catalog(), server.dsn(), find_binaries(server_account())
    ways: dict[str, Callable[[str], None]] = {
        "pg_recvlogical to nowhere": lambda slot: drain.receive_to_nowhere(binaries, dsn, slot),
        "read and decode alone": lambda slot: drain.read_with_the_library(dsn, slot, catalog),
        "into history and latest": lambda slot: drain.drain_into_clickhouse(dsn, slot, catalog, clickhouse_url),
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
    return found


def _latency(server: Postgres, clickhouse_url: str, seconds: float) -> dict[str, float]:
    drain.create_slot(server.dsn(), "bench_latency")
    waits = commit_to_queryable(server.dsn(), "bench_latency", workload.catalog(), clickhouse_url, seconds)
    cuts = statistics.quantiles(waits, n=100)
    return {"p50": cuts[49], "p99": cuts[98], "probes": len(waits)}


def _show(figures: dict[str, object]) -> None:
    drains: dict[str, list[float]] = figures["drains"]  # type: ignore[assignment]
    bare = statistics.median(drains["pg_recvlogical to nowhere"])
    shown = Table("drain of a slot", "changes/s, median", "lowest", "highest", "beside pg_recvlogical")
    for way, speeds in drains.items():
        median = statistics.median(speeds)
        shown.add_row(way, f"{median:,.0f}", f"{min(speeds):,.0f}", f"{max(speeds):,.0f}", f"{median / bare:.2f}")
    _console.print(shown)
    latency: dict[str, float] = figures["latency_ms"]  # type: ignore[assignment]
    _console.print(
        f"commit to queryable at {ROWS_PER_SECOND:,} rows/s: p50 {latency['p50']:.0f} ms, p99 {latency['p99']:.0f} ms"
        f" ({latency['probes']:.0f} probes)"
    )


if __name__ == "__main__":
    typer.run(main)
