"""What limits requests, and what it says of one: pure values, whoever counts."""

import math
from dataclasses import dataclass
from datetime import timedelta

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Limit:
    """So many requests in a period: all at once, or each as soon as its share of the period has passed."""

    requests: int
    period: timedelta

    @property
    def interval_us(self) -> int:
        """The share of one request in µs, rounded up so that no more than the limit ever fits into the period."""
        return math.ceil((self.period / _MICROSECOND) / self.requests)

    @property
    def burst_us(self) -> int:
        """How far ahead of the clock a user may be, in µs: that of the whole limit at once."""
        return self.interval_us * self.requests


@dataclass(frozen=True)
class Decision:
    """What became of one request; decided_at: the counter's clock; wait: until the next one is admitted."""

    admitted: bool
    wait: timedelta
    decided_at: timedelta

    @property
    def retry_after(self) -> int:
        """Whole seconds after which the request will be admitted, for a header that knows no fractions."""
        return max(1, math.ceil(self.wait.total_seconds()))
