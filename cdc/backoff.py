"""Back-off: how long to wait before a failed thing is tried again."""

import random

_FIRST_SECONDS, _LONGEST_SECONDS = 0.2, 30.0


class Backoff:
    """Delays in seconds that double up to a limit; each is drawn from its upper half, so that the crowd spreads out."""

    def __init__(self, first: float = _FIRST_SECONDS, longest: float = _LONGEST_SECONDS) -> None:
        self._first, self._longest, self._failures = first, longest, 0

    def next_delay(self) -> float:
        """The delay after one more failure."""
        ceiling = min(self._longest, self._first * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreads load, hides nothing

    def reset(self) -> None:
        """Start again from the shortest delay, after a success."""
        self._failures = 0
