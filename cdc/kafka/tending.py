"""Tending connectors: one whose task has failed is started again, after a wait that grows while it fails again.

Debezium goes on by itself where a server goes away in mid-stream. Where one does while a task starts, or Kafka is away
for longer than a producer waits, the task fails, and Connect leaves it at that.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from cdc.connect.rest import ConnectClient, ConnectError, connect_client
from services.kit.backoff import Backoff

_log = logging.getLogger(__name__)


@dataclass
class _Patient:
    """One connector: since when it has been seen to run, and when it may be started again; a clock that nobody sets."""

    backoff: Backoff
    runs_since: float | None = None
    due: float = 0.0

    def runs(self, now: float) -> None:
        """Say that it was seen to run."""
        self.runs_since = now if self.runs_since is None else self.runs_since
        if now - self.runs_since >= self.backoff.stable:
            self.due = now

    def may_start(self, now: float) -> bool:
        """Say that it was seen to have failed; whether the wait after its last start is over, else it goes on."""
        if now < self.due:
            return False
        ran_seconds = 0.0 if self.runs_since is None else now - self.runs_since
        self.runs_since, self.due = None, now + self.backoff.next_delay(ran_seconds)
        return True


class Tended:
    """Connectors by name; `look` is to be called every so many seconds, and waits are no longer than the longest."""

    def __init__(self, names: Sequence[str], seconds: float, longest_wait_seconds: float) -> None:
        self._patients = {name: _Patient(Backoff(seconds, longest_wait_seconds)) for name in names}

    def look(self, client: ConnectClient, now: float) -> None:
        """Start again what has failed and whose wait is over."""
        for name, patient in self._patients.items():
            state = client.state(name)
            if state is not None and state.is_running:
                patient.runs(now)
            elif state is not None and state.has_failed and patient.may_start(now):
                _log.warning("%s has failed and is started again: %s", name, state.trouble)
                client.restart(name)


def look_after(tended: Tended, connect_url: str) -> None:
    """Look once; where Connect is away or busy, the next look will do."""
    try:
        with connect_client(connect_url) as client:
            tended.look(client, time.monotonic())
    except ConnectError as error:
        _log.warning("the connectors could not be looked at: %s", error)
