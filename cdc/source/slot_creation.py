"""Creating a slot: PostgreSQL waits meanwhile for every transaction of the cluster, for as long as one stays open."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

import psycopg2

from cdc.postgres import Connection, rows, session
from cdc.source.open_transactions import open_transactions
from cdc.source.slot_setup import slot_state
from cdc.stopped import StoppedError

_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.05
_SAY_EVERY_SECONDS = 10.0
_CREATE = "SELECT pg_create_logical_replication_slot(%s, 'pgoutput')"


def ensure_slot(connection: Connection, database_url: str, slot: str, stopped: Callable[[], bool]) -> None:
    """Create the slot if it is not there, and say what that waits for. StoppedError when told to stop."""
    if slot_state(connection, slot).exists:
        return
    _log.info("creating replication slot %s", slot)
    # Not tried again and again with a time-out: each try waits anew, and where transactions overlap none would end.
    with session(database_url) as beside, ThreadPoolExecutor(1, thread_name_prefix=slot) as thread:
        creating = thread.submit(rows, connection, _CREATE, slot)
        try:
            _wait_for(creating, beside, slot, stopped)
        finally:
            _cancel(creating, connection)
        creating.result()


def _wait_for(creating: Future[Any], beside: Connection, slot: str, stopped: Callable[[], bool]) -> None:
    said = time.monotonic()
    while wait([creating], _POLL_SECONDS).not_done:
        if stopped():
            raise StoppedError(f"told to stop while slot {slot} was created")
        if time.monotonic() - said > _SAY_EVERY_SECONDS:
            said = time.monotonic()
            _log.warning(
                "slot %s waits for transactions to end that were open before it: %s",
                slot,
                open_transactions(beside),
            )


def _cancel(creating: Future[Any], connection: Connection) -> None:
    """End what is still under way; once more if it had not begun when it was cancelled."""
    while not creating.done():
        with suppress(psycopg2.Error):
            connection.cancel()
        wait([creating], _POLL_SECONDS)
