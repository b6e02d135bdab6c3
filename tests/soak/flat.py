"""The rule of flatness: a straight line through the second half of the samples rises by less than a figure may. Pure.

The first half is for warming up. The shorter the second is, the less a figure may grow in it, down to what it goes up
and down by itself: a line through values that stay within a third of that rises by no more. A line, since single peaks
are no leak, and a leak shows however noisy it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression, median

from tests.soak.figures import Figure, Sample


@dataclass(frozen=True)
class Trend:
    """How a figure went: its level (the median of the second half), what it grew there, and what it may grow."""

    figure: Figure
    level: float
    growth: float
    allowed: float

    @property
    def is_flat(self) -> bool:
        """Whether it grew by no more than it may."""
        return self.growth <= self.allowed

    def __str__(self) -> str:
        unit = self.figure.unit
        said = "flat" if self.is_flat else "GREW"
        return (
            f"{self.figure.name}: {said}: around {self.level:.2f} {unit},"
            f" {self.growth:+.2f} {unit} over the second half ({self.allowed:.2f} allowed)"
        )


def trend(figure: Figure, samples: Sequence[Sample]) -> Trend:
    """The trend of a figure; ValueError where too few samples make no line."""
    second = samples[len(samples) // 2 :]
    if len(second) < 3:
        raise ValueError(f"{figure.name}: {len(samples)} samples are too few for a trend: soak for longer")
    times = [sample.at_seconds for sample in second]
    values = [sample.figures[figure.name] for sample in second]
    seconds, level = times[-1] - times[0], median(values)
    growth = linear_regression(times, values).slope * seconds
    return Trend(figure, level, growth, figure.allowed(level, seconds / 60))
