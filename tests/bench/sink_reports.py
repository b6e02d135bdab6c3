"""What a sink that is measured says of itself while it runs, and the speed of several that is told from it."""

from collections.abc import Sequence
from typing import NamedTuple


class Report(NamedTuple):
    """So many changes were stored by a moment of the machine's one clock, after so many seconds of the sink's CPU.

    A sink's first report is of the moment at which its group gave it partitions, with nothing stored.
    """

    at: float
    changes: int
    cpu_seconds: float


def stored(reports: Sequence[Report]) -> int:
    """How many changes one sink has stored."""
    return sum(report.changes for report in reports)


def speed(of_sinks: Sequence[Sequence[Report]]) -> float:
    """Changes per second of all sinks together, from when the last one had partitions to when the last was done."""
    began = max(reports[0].at for reports in of_sinks)
    ended = max(reports[-1].at for reports in of_sinks)
    return sum(map(stored, of_sinks)) / (ended - began)


def cpu_per_change(of_sinks: Sequence[Sequence[Report]]) -> float:
    """Seconds of CPU that the sinks themselves took for a change, ClickHouse and Kafka apart."""
    spent = sum(reports[-1].cpu_seconds - reports[0].cpu_seconds for reports in of_sinks)
    return spent / sum(map(stored, of_sinks))
