"""One soak: the platform of the faults under its load, without a fault, measured until the time is over."""

import csv
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.chaos.by_slot import BY_SLOT
from tests.chaos.platform import running_platform
from tests.chaos.run import Chaos
from tests.soak.figures import FIGURES, Sample, measured
from tests.soak.plot import svg

_MOST_SAMPLES = 300
_SHORTEST_PAUSE = 2.0


def soak(seed: int, seconds: float, say: Callable[[str], None]) -> tuple[list[Sample], list[str]]:
    """Samples of a load that goes on for so long, and what was wrong with history at the end."""
    samples: list[Sample] = []
    with running_platform(BY_SLOT.capturing) as platform:
        chaos = Chaos(platform, BY_SLOT, seed, say)
        with chaos.under_load(seed):
            began = time.monotonic()
            while (at := time.monotonic() - began) < seconds:
                samples.append(Sample(at, measured(platform, chaos.lag_seconds())))
                time.sleep(max(_SHORTEST_PAUSE, seconds / _MOST_SAMPLES))
            chaos.check()
    return samples, chaos.verdict.problems


def keep(samples: Sequence[Sample], directory: Path) -> None:
    """Write the samples as CSV and as a plot."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "samples.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["seconds", *(f"{figure.name} ({figure.unit})" for figure in FIGURES)])
        for sample in samples:
            rows.writerow([f"{sample.at_seconds:.1f}", *(f"{sample.figures[each.name]:.3f}" for each in FIGURES)])
    (directory / "plot.svg").write_text(svg(FIGURES, samples), encoding="utf-8")
