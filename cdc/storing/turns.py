"""Turns: how many services store at once, so that each insert is quick rather than all of them slow together.

Whoever waits longest is next. Patience ends, though: one service's insert that hangs must not hold the others up.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 0.5


class Turns:
    """A fair semaphore that nobody waits for longer than `patience_seconds`; shared by the pipelines of a process."""

    def __init__(self, at_once: int, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.free, self._patience = at_once, patience_seconds
        self._line: deque[threading.Event] = deque()
        self._guard = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return len(self._line)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it; go on without one when patience ends."""
        place = threading.Event()
        with self._guard:
            self._line.append(place)
            self._call_next()
        place.wait(self._patience)
        with self._guard:
            called = place.is_set()
            if not called:
                self._line.remove(place)
        try:
            yield
        finally:
            if called:
                with self._guard:
                    self.free += 1
                    self._call_next()

    def _call_next(self) -> None:
        while self.free and self._line:
            self.free -= 1
            self._line.popleft().set()
