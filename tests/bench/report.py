"""The figures of one run as tables on a terminal."""

import statistics
from collections.abc import Sequence

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


def show_waits(console: Console, load: str, found: Waits) -> None:
    """How long probes waited under a load, beside what was really written of it."""
    shown = Table("commit to queryable", "p50, ms", "p99, ms", "probes", "written, rows/s")
    cuts = statistics.quantiles(found.milliseconds, n=100)
    probes, rate = str(len(found.milliseconds)), f"{found.rows_per_second:,.0f}"
    shown.add_row(load, f"{cuts[49]:.0f}", f"{cuts[98]:.0f}", probes, rate)
    console.print(shown)


def show_figures(console: Console, title: str, figures: dict[str, float]) -> None:
    """A row for each figure, which says its unit."""
    shown = Table(title, "")
    for name, found in figures.items():
        shown.add_row(name, f"{found:,.0f}")
    console.print(shown)


def _spread(found: Sequence[float], form: str) -> tuple[str, str, str]:
    return format(statistics.median(found), form), format(min(found), form), format(max(found), form)
