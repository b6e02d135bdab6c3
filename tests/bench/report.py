"""The figures of one run as tables on a terminal."""

import statistics
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from tests.bench.steady_load import Waits

Figures = dict[str, dict[str, list[float]]]


def show_speeds(console: Console, title: str, unit: str, speeds: dict[str, list[float]], beside: str) -> None:
    """A row for each way of doing the same, with the ratio of its speed to that of the way called `beside`."""
    shown = Table(title, f"{unit}, median", "lowest", "highest", f"beside {beside}", "lowest", "highest")
    for way, found in speeds.items():
        ratios = [one / other for one, other in zip(found, speeds[beside], strict=True)]
        shown.add_row(way, *_spread(found, ",.0f"), *_spread(ratios, ".2f"))
    console.print(shown)


def show_waits(console: Console, loads: Mapping[str, Sequence[Waits]]) -> None:
    """A row for each load: how long probes waited in its rounds, beside what was really written of it."""
    shown = Table(
        "from commit on", "p50, ms", "lowest", "highest", "p99, ms", "lowest", "highest", "probes", "written, rows/s"
    )
    for load, rounds in loads.items():
        halves = [percentile(found.milliseconds, 50) for found in rounds]
        nearly_all = [percentile(found.milliseconds, 99) for found in rounds]
        probes = sum(len(found.milliseconds) for found in rounds)
        rate = statistics.median(found.rows_per_second for found in rounds)
        shown.add_row(load, *_spread(halves, ".0f"), *_spread(nearly_all, ".0f"), str(probes), f"{rate:,.0f}")
    console.print(shown)
    _show_cores(console, {load: [found.cores for found in rounds] for load, rounds in loads.items()})


def _show_cores(console: Console, loads: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    """A row for each load: how many cores each kind of process had meanwhile."""
    kinds = sorted({kind for rounds in loads.values() for cores in rounds for kind in cores})
    shown = Table("cores in use", *kinds, "in all")
    for load, rounds in loads.items():
        used = [statistics.mean(cores.get(kind, 0.0) for cores in rounds) for kind in kinds]
        shown.add_row(load, *(f"{each:.2f}" for each in [*used, sum(used)]))
    console.print(shown)


def show_figures(console: Console, title: str, figures: dict[str, float]) -> None:
    """A row for each figure, which says its unit."""
    shown = Table(title, "")
    for name, found in figures.items():
        shown.add_row(name, f"{found:,.0f}")
    console.print(shown)


def show_spreads(console: Console, title: str, figures: Mapping[str, Sequence[float]]) -> None:
    """A row for each figure, which says its unit, with what it was in several rounds."""
    shown = Table(title, "median", "lowest", "highest")
    for name, found in figures.items():
        shown.add_row(name, *_spread(found, ",.0f"))
    console.print(shown)


def percentile(found: Sequence[float], percent: int) -> float:
    """What so many of a hundred do not exceed."""
    return statistics.quantiles(found, n=100)[percent - 1] if len(found) > 1 else found[0]


def _spread(found: Sequence[float], form: str) -> tuple[str, str, str]:
    return format(statistics.median(found), form), format(min(found), form), format(max(found), form)
