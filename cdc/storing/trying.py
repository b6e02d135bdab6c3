"""Trying: what ClickHouse did not confirm is sent again as it is, until it is confirmed or somebody gives up."""

import logging
import threading
from collections.abc import Callable

from cdc.clickhouse import PASSING_ERRORS, is_passing
from services.kit.backoff import Backoff

_log = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS = 0.2


class Trying:
    """Tries to store for as long as ClickHouse is in trouble; once `giving_up` is set, a failure is raised."""

    def __init__(self, giving_up: threading.Event) -> None:
        self._giving_up = giving_up

    def failure_of(self, store: Callable[[], None]) -> Exception | None:
        """Try once: None if it went well, the error if a later try may; any other is raised."""
        try:
            store()
        except PASSING_ERRORS as error:
            if self._giving_up.is_set() or not is_passing(error):
                raise
            return error
        return None

    def again(self, store: Callable[[], None], error: Exception | None) -> None:
        """Try until it goes well, after waits that grow, if a first try had this error."""
        backoff = Backoff(first=_FIRST_WAIT_SECONDS)
        while error:
            delay = backoff.next_delay()
            _log.warning("ClickHouse did not confirm a batch, trying again in %.1f s: %s", delay, error)
            self._giving_up.wait(delay)
            error = self.failure_of(store)
