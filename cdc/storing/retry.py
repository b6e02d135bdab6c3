"""Trying again: what ClickHouse did not confirm is stored once more, after a growing wait, while it is in trouble."""

import logging
import math
import threading
import time
from collections.abc import Callable

from cdc.clickhouse import PASSING_ERRORS, is_passing
from cdc.metrics import TRIED_AGAIN
from services.kit.backoff import Backoff

_log = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS = 0.2


class Retry:
    """Tries until it goes well, ClickHouse refuses for good, `patience_seconds` are over, or it is told to stop.

    Threads may share it. Each try after the first is counted for `service`.
    """

    def __init__(
        self, service: str, stopping: threading.Event, what: str = "a batch", patience_seconds: float = math.inf
    ) -> None:
        self._service, self._stopping, self._what, self._patience = service, stopping, what, patience_seconds

    def until_stored(self, store: Callable[[], None]) -> None:
        """Return once it is stored; what `store` raises if that will not be."""
        self.go_on(store, self.failure_of(store))

    def failure_of(self, store: Callable[[], None]) -> Exception | None:
        """Try once; None if it went well, what may pass, and raise what will not."""
        try:
            store()
        except PASSING_ERRORS as error:
            if self._stopping.is_set() or not is_passing(error):
                raise
            return error
        return None

    def go_on(self, store: Callable[[], None], error: Exception | None) -> None:
        """Try again after a try that failed with `error`, if it did."""
        backoff, began = Backoff(first=_FIRST_WAIT_SECONDS), time.monotonic()
        while error:
            if time.monotonic() - began > self._patience:
                raise error
            delay = backoff.next_delay()
            _log.warning("ClickHouse did not confirm %s, trying again in %.1f s: %s", self._what, delay, error)
            TRIED_AGAIN.labels(self._service).inc()
            self._stopping.wait(delay)
            error = self.failure_of(store)
