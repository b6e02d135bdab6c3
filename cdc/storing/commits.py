"""Commits whose transactions' rows are stored: they gather while other rows are stored, and are then stored together.

What a transaction's commit costs ClickHouse is a multiple of what it holds, and nobody waits for it: its rows are read
without it. So commits keep a distance, and one that comes after a pause is stored at once.
"""

import threading
import time

from cdc.batch import Commit

APART_SECONDS = 0.25
# The bound on memory: whoever stores rows waits for their commits from here on.
MOST = 100_000


class Commits:
    """A queue of commits in stream order between the thread that stores rows and the one that stores commits."""

    def __init__(self, apart_seconds: float = APART_SECONDS, most: int = MOST) -> None:
        self._apart, self._most = apart_seconds, most
        self._gathered, self._taken_at, self._closed = list[Commit](), float("-inf"), False
        self._changed = threading.Condition()

    def add(self, commits: list[Commit]) -> None:
        """Add the commits of a batch whose rows are stored; waits while too many are there already."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._gathered) < self._most)
            self._gathered += commits
            self._changed.notify_all()

    def take(self) -> list[Commit]:
        """Wait for some and take all that are there; none once this is closed and everything was taken."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._gathered)
            while not self._closed and (left := self._taken_at + self._apart - time.monotonic()) > 0:
                self._changed.wait(left)
            taken, self._gathered, self._taken_at = self._gathered, [], time.monotonic()
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        """Let nobody wait any more: no commits come, or nobody takes them."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
