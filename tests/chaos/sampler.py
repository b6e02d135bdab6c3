"""A sampler: looks again and again at what is promised at every instant, while the load goes on."""

import threading
import time
from collections.abc import Callable, Sequence

from tests.chaos.verdict import AWAY

_EVERY_SECONDS, _PAUSES = 0.4, 2.0

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
        """Look until it is told to stop; the more seldom, the longer a look takes what it looks at its time."""
        took = 0.0
        while not stopping.wait(max(_EVERY_SECONDS, _PAUSES * took)):
            began = time.monotonic()
            self.look()
            took = time.monotonic() - began

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
