"""Watches the slot that the connector reads: what it lost cannot come through Kafka, and no consumer would see that."""

import logging
import threading

import psycopg2

from cdc.postgres import session
from cdc.source.slot_setup import NotReadyError, slot_state

_log = logging.getLogger(__name__)


class SlotWatch:
    """A thread that looks at a slot every so many seconds, from `start` until `stop`."""

    def __init__(self, database_url: str, slot: str, seconds: float) -> None:
        self._database_url, self._slot, self._seconds = database_url, slot, seconds
        self._stopping = threading.Event()
        self._refusal: NotReadyError | None = None
        self._thread = threading.Thread(target=self._run, name=f"watch-{slot}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and return once it has ended."""
        self._stopping.set()
        self._thread.join()

    def check(self) -> None:
        """Raise NotReadyError once the slot was gone or given up."""
        if self._refusal is not None:
            raise self._refusal

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds) and self._refusal is None:
            try:
                with session(self._database_url) as connection:
                    state = slot_state(connection, self._slot)
            except psycopg2.Error as error:
                _log.warning("slot %s could not be looked at: %s", self._slot, str(error).strip())
                continue
            if state.lost or not state.exists:
                self._refusal = NotReadyError(f"replication slot {self._slot} {state.lost or 'is gone'}")
