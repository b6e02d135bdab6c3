"""A load that keeps its rate: writers that are late go on at once until they have caught up; what they wrote counts."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from tests.bench.cores import Cores


@dataclass(frozen=True)
class Waits:
    """Milliseconds that each probe waited; rows that were really written in a second beside them; who had the cores."""

    milliseconds: Sequence[float]
    rows_per_second: float
    cores: Mapping[str, float] = field(default_factory=dict)


class SteadyLoad:
    """Writers tell it what they committed; each waits for its next tick, and not for a tick after its last write."""

    def __init__(self, tick_seconds: float) -> None:
        self.stopping = threading.Event()
        self._tick_seconds = tick_seconds
        self._rows, self._guard = 0, threading.Lock()

    def ticks(self) -> Iterator[int]:
        """The numbers of a writer's ticks from 0, each when it is due, until the load ends."""
        began = time.monotonic()
        for number in count():
            if self.stopping.wait(max(0.0, began + (number + 1) * self._tick_seconds - time.monotonic())):
                return
            yield number

    def committed(self, rows: int) -> None:
        """Count rows that were written."""
        with self._guard:
            self._rows += rows

    def measured(self, probe: Callable[[], Sequence[float]]) -> Waits:
        """Probe, and see how much is written meanwhile."""
        before, began, cores = self._rows, time.monotonic(), Cores()
        milliseconds = probe()
        return Waits(milliseconds, (self._rows - before) / (time.monotonic() - began), cores.in_use())
