"""What limits requests, and what it says of one: pure values, whoever counts."""

import math
from dataclasses import dataclass
from datetime import timedelta

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Limit:
    """So many requests at once, and then one more each time a request's share of the period has passed.

    Over any time that is the even rate and one burst: within one period at most twice the limit, less one.
    """

    requests: int
    period: timedelta

    @property
    def interval_us(self) -> int:
        """The share of one request in µs, rounded up so that a period never gives back more than the limit."""
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
