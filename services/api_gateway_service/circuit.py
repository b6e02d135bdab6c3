"""A circuit breaker: what failed is left alone for a while, and then tried by one before all."""

import time
from collections.abc import Callable


class Circuit:
    """Closed at first; opened by a failure for `rest` seconds, after which one try decides."""

    def __init__(self, rest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest
        self._clock = clock
        self._open_until: float | None = None

    def may_try(self) -> bool:
        """Whether the caller is to try now; of an open circuit one caller is, each time it has rested."""
        if self._open_until is None:
            return True
        if self._clock() < self._open_until:
            return False
        self._open_until = self._clock() + self._rest
        return True

    def failed(self) -> bool:
        """Open the circuit, or keep it open; True if it was closed."""
        was_closed = self._open_until is None
        self._open_until = self._clock() + self._rest
        return was_closed

    def succeeded(self) -> bool:
        """Close the circuit; True if it was open."""
        was_open, self._open_until = self._open_until is not None, None
        return was_open
