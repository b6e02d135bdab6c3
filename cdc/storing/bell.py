"""A bell: one thread rings it, another hears it while it waits for a connection in `select`."""

import os
from contextlib import suppress


class Bell:
    """A pipe that is readable once the bell was rung, until it is hushed."""

    def __init__(self) -> None:
        self._closed = False
        self._ear, self._clapper = os.pipe()
        for end in (self._ear, self._clapper):
            os.set_blocking(end, False)

    def fileno(self) -> int:
        """What `select` waits for."""
        return self._ear

    def ring(self) -> None:
        """Wake whoever waits; a bell that still rings needs no second stroke."""
        with suppress(BlockingIOError):
            os.write(self._clapper, b"!")

    def hush(self) -> None:
        """Forget the strokes so far."""
        with suppress(BlockingIOError):
            os.read(self._ear, 1 << 16)

    def close(self) -> None:
        """Free the pipe; nobody may ring any more, but for closing it again."""
        if not self._closed:
            self._closed = True
            os.close(self._ear)
            os.close(self._clapper)
