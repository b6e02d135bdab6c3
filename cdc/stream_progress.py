"""How far one service's stream has come, as this process knows it, and since when it goes no further.

Time is PostgreSQL's own: its clock is asked from time to time and carried on by one that nobody can set.
"""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

_US = 1_000_000


@dataclass(frozen=True)
class Reached:
    """A commit up to which everything is stored: its position in the service's whole stream, its time in µs."""

    position: int
    commit_us: int


class StreamProgress:
    """Told by several threads; `now` is a clock in seconds that never goes back.

    A stream goes on when it comes further than it ever was: to send again what was stored before is no progress.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._guard = now, threading.Lock()
        self._reached: Reached | None = None
        self._furthest_rows, self._moved_at = dict[Hashable, int](), now()
        self._ahead_us: float | None = None

    def stored_to(self, position: int, commit_us: int) -> None:
        """Everything up to a commit is stored; one that is behind what is known already says nothing."""
        with self._guard:
            if self._reached is None or position > self._reached.position:
                self._reached, self._moved_at = Reached(position, commit_us), self._now()

    def row_stored(self, position: int, within: Hashable = None) -> None:
        """A row from this position is stored: a long transaction goes on before its commit is there.

        within: of what it is a position, where rows come by several ways; None for the service's whole stream.
        """
        with self._guard:
            if position > self._furthest_rows.get(within, 0):
                self._furthest_rows[within], self._moved_at = position, self._now()

    def clock_told(self, postgres_us: int, asked_at: float) -> None:
        """PostgreSQL's clock showed this when ours showed `asked_at`."""
        self._ahead_us = postgres_us - asked_at * _US

    @property
    def reached(self) -> Reached | None:
        """The newest commit up to which everything is stored, None while that is not known."""
        return self._reached

    @property
    def lag_seconds(self) -> float | None:
        """How long ago the newest stored commit was made, None while that or PostgreSQL's time is not known."""
        return self.seconds_since(self._reached.commit_us) if self._reached else None

    @property
    def without_progress_seconds(self) -> float:
        """How long the stream has not gone on."""
        return self._now() - self._moved_at

    def seconds_since(self, commit_us: int) -> float | None:
        """How long ago a commit was made, None while PostgreSQL's time is not known; never negative."""
        if self._ahead_us is None:
            return None
        return max(0.0, (self._now() * _US + self._ahead_us - commit_us) / _US)
