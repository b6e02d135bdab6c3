"""Looking for a row until it is there, without being what ClickHouse is busy with.

Each look is a query, and costs a core as much as a quarter of an insert. So nobody looks in the first half of the time
that the quickest of the latest rows took: none is expected there, and one that were there would halve that time.
"""

import time
from collections import deque
from collections.abc import Callable

_BETWEEN_LOOKS_SECONDS = 0.004
_LATEST = 20


class Looking:
    """How long rows take to be seen; rows that are looked for one after another."""

    def __init__(self, patience_seconds: float) -> None:
        self._patience, self._waits = patience_seconds, deque[float](maxlen=_LATEST)

    def until(self, seen: Callable[[], bool], what: str) -> float:
        """Milliseconds from now until `seen`; TimeoutError, which says of `what`, when patience ends."""
        began = time.perf_counter()
        time.sleep(min(self._waits, default=0.0) / 2)
        while not seen():
            if time.perf_counter() - began > self._patience:
                raise TimeoutError(f"{what} was not seen within {self._patience:g} s")
            time.sleep(_BETWEEN_LOOKS_SECONDS)
        waited = time.perf_counter() - began
        self._waits.append(waited)
        return waited * 1000
