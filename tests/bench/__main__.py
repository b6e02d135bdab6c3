"""`python -m tests.bench`: prints tables of ratios and figures, and writes them to a JSON file."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.local.kafka.artifacts import require_parts, resolved
from deploy.local.postgres_binaries import MissingBinariesError
from tests.bench import capture_figures, gateway, kafka_figures, repositories
from tests.bench.parts import Parts, fresh_parts
from tests.bench.report import Figures, show_speeds
from tests.support.service_database import ServiceTemplates

# Tables of ten columns: into a file they go whole.
_console = Console(width=None if sys.stdout.isatty() else 140)
_BARE, _OURS = "bare asyncpg", "repository"


class Measured(StrEnum):
    """What can be measured alone."""

    REPOSITORIES = "repositories"
    GATEWAY = "gateway"
    DRAIN = "drain"
    INSERTS = "inserts"
    LATENCY = "latency"
    MEMORY = "memory"
    KAFKA_DRAIN = "kafka-drain"
    KAFKA_LATENCY = "kafka-latency"


_BY_KAFKA = frozenset({Measured.KAFKA_DRAIN, Measured.KAFKA_LATENCY})


def main(
    *,
    only: Annotated[list[Measured] | None, typer.Option(help="what to measure; everything if not given")] = None,
    changes: Annotated[int, typer.Option(help="changes to drain")] = 1_000_000,
    repeat: Annotated[int, typer.Option(help="rounds of each measurement that takes turns with another")] = 3,
    seconds: Annotated[float, typer.Option(help="how long a round of each latency takes")] = 15,
    rows: Annotated[int, typer.Option(help="rows of the one large transaction")] = 2_000_000,
    output: Annotated[Path, typer.Option(help="where the figures are written")] = Path(".huleedu/bench.json"),
) -> None:
    """Measure repositories, the gateway, and capture: drain, inserts, commit to queryable, memory; and by Kafka."""
    measurements: dict[Measured, Callable[[], Mapping[str, object]]] = {
        Measured.REPOSITORIES: _on_parts(lambda parts: _repositories(parts, rounds=2 * repeat)),
        Measured.GATEWAY: _on_parts(lambda parts: _gateway(parts, rounds=2 * repeat)),
        Measured.DRAIN: _on_parts(lambda parts: capture_figures.drains(_console, parts, changes, repeat)),
        Measured.INSERTS: _on_parts(lambda parts: capture_figures.bare_inserts(_console, parts, changes, repeat)),
        Measured.LATENCY: lambda: capture_figures.latencies(_console, fresh_parts, seconds, repeat),
        Measured.MEMORY: lambda: capture_figures.large(_console, fresh_parts, rows, repeat),
        Measured.KAFKA_DRAIN: _on_parts(lambda parts: kafka_figures.drains(_console, parts, changes, repeat)),
        Measured.KAFKA_LATENCY: _on_parts(lambda parts: kafka_figures.latencies(_console, parts, seconds, repeat)),
    }
    figures = {measured.value: measurements[measured]() for measured in _measurable(only or list(Measured))}
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    _console.print(f"written to {output}")


def _measurable(wanted: list[Measured]) -> list[Measured]:
    """What is wanted, without what goes by Kafka where that cannot be had."""
    if _BY_KAFKA.isdisjoint(wanted):
        return wanted
    try:
        require_parts()
        resolved()
    except MissingBinariesError as missing:
        _console.print(f"what goes by Kafka is left out: {missing}", soft_wrap=True)
        return [each for each in wanted if each not in _BY_KAFKA]
    return wanted


def _on_parts(measure: Callable[[Parts], Mapping[str, object]]) -> Callable[[], Mapping[str, object]]:
    def measured() -> Mapping[str, object]:
        with fresh_parts() as parts:
            return measure(parts)

    return measured


def _repositories(parts: Parts, rounds: int) -> dict[str, object]:
    found = asyncio.run(repositories.operations_per_second(ServiceTemplates(parts.server), rounds, repeat=100))
    speeds: Figures = {
        name: {_BARE: each.in_bare_asyncpg, _OURS: each.through_the_repository} for name, each in found.items()
    }
    for name, each in speeds.items():
        show_speeds(_console, f"file service: {name}", "operations/s", each, beside=_BARE)
    return dict(speeds)


def _gateway(parts: Parts, rounds: int) -> dict[str, object]:
    found = asyncio.run(gateway.requests_per_second(ServiceTemplates(parts.server), parts.directory, rounds, 2.0))
    speeds = {"log off": found.not_logged, "log on": found.logged}
    show_speeds(_console, "gateway", "requests/s", speeds, beside="log off")
    return dict(speeds)


if __name__ == "__main__":
    typer.run(main)
