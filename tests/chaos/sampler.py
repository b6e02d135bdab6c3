"""A sampler: looks again and again at what is promised at every instant, while the load goes on."""

import threading
from collections.abc import Callable, Sequence

from tests.chaos.verdict import AWAY

_EVERY_SECONDS = 0.4

# A look: what is broken, a sentence each; None if there was nothing to be seen.
Look = Callable[[], Sequence[str] | None]


class Sampler:
    """found: broken promises, a sentence each; samples: how many looks succeeded; missed: why the last one did not."""

    def __init__(self, look: Look) -> None:
        self.found: list[str] = []
        self.samples = 0
        self.missed: Exception | None = None
        self._look = look
        self._one_at_a_time = threading.Lock()

    def run(self, stopping: threading.Event) -> None:
        """Look until it is told to stop."""
        while not stopping.wait(_EVERY_SECONDS):
            self.look()

    def look(self) -> None:
        """Look once, if there is anything to be seen."""
        with self._one_at_a_time:
            try:
                broken, self.missed = self._look(), None
            except AWAY as error:
                # It can be looked at again later.
                self.missed = error
                return
            if broken is not None:
                self.samples += 1
                self.found += broken
