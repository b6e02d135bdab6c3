"""Looks at something every so often while a stream goes on, and keeps what the stream must not go on with."""

import logging
import threading
from collections.abc import Callable

from cdc.failures import OF_SERVERS

_log = logging.getLogger(__name__)
_PATIENCE_SECONDS = 5.0

Stopped = Callable[[], bool]


class Watch:
    """A thread that looks every so many seconds, from `start` until `stop`; `what` names it where it cannot look."""

    def __init__(self, what: str, seconds: float, look: Callable[[Stopped], None]) -> None:
        self._what, self._seconds, self._look = what, seconds, look
        self._stopping = threading.Event()
        self._refusal: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"watch {what}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; one that a server leaves without an answer is not waited for, and takes nothing over."""
        self._stopping.set()
        self._thread.join(_PATIENCE_SECONDS)

    def check(self) -> None:
        """Raise what was found that the stream must not go on with."""
        if self._refusal is not None:
            raise self._refusal

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds) and self._refusal is None:
            try:
                self._look(self._stopping.is_set)
            except OF_SERVERS as error:
                _log.warning("%s could not be looked at: %s", self._what, str(error).strip())
            except Exception as error:  # pylint: disable=broad-exception-caught
                # What cannot be carried on with, or a defect: the reader raises it.
                self._refusal = error
