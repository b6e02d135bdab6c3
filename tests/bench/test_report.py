"""Rounds are shown by their middle one and their spread."""

from rich.console import Console

from tests.bench.report import percentile, show_waits
from tests.bench.steady_load import Waits


def test_percentiles_are_what_so_many_of_a_hundred_do_not_exceed() -> None:
    found = list(map(float, range(1, 1000)))
    assert (percentile(found, 50), percentile(found, 99)) == (500.0, 990.0)
    assert percentile([7.0], 99) == 7.0


def test_a_row_shows_the_middle_round_between_the_lowest_and_the_highest() -> None:
    console = Console(record=True, width=200)
    show_waits(console, {"a load": [Waits([wait], 1000.0) for wait in (30.0, 10.0, 20.0)]})
    row = next(line for line in console.export_text().splitlines() if "a load" in line)
    assert row.replace("│", " ").split() == ["a", "load", "20", "10", "30", "20", "10", "30", "3", "1,000"]
