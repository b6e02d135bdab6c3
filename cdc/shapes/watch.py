"""Looks at the shapes in PostgreSQL while the stream goes on: a change that only rewrites rows sends none."""

import logging
import threading

from cdc.failures import OF_SERVERS
from cdc.shapes.shapes import Shapes

_log = logging.getLogger(__name__)
_PATIENCE_SECONDS = 5.0


class ShapeWatch:
    """A thread that compares every so many seconds, from `start` until `stop`."""

    def __init__(self, shapes: Shapes, seconds: float, service: str) -> None:
        self._shapes, self._seconds, self._service = shapes, seconds, service
        self._stopping = threading.Event()
        self._refusal: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"shapes-{service}", daemon=True)

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
                self._shapes.compare_with_postgres(self._stopping.is_set)
            except OF_SERVERS as error:
                _log.warning("%s: columns could not be compared: %s", self._service, str(error).strip())
            except Exception as error:  # pylint: disable=broad-exception-caught
                # What cannot be carried on with, or a defect: the reader raises it.
                self._refusal = error
