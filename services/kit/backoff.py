"""Back-off: how long to wait before something that failed is tried again."""

import random
from dataclasses import dataclass

_RANDOM = random.SystemRandom()


@dataclass
class Backoff:
    """Doubles from `first` to `longest` seconds, less up to half at random; anew after a run of `stable` seconds."""

    first: float = 0.5
    longest: float = 30.0
    stable: float = 60.0
    failures: int = 0

    def next_delay(self, ran_seconds: float = 0.0) -> float:
        """Seconds to wait after a try that failed having run for `ran_seconds`."""
        self.failures = 1 if ran_seconds >= self.stable else self.failures + 1
        doublings = min(self.failures - 1, 32)
        ceiling = min(self.longest, self.first * 2.0**doublings)
        return ceiling * _RANDOM.uniform(0.5, 1.0)
