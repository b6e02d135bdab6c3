"""The heartbeat: a small transaction, so that an idle database neither pins WAL nor looks fresher than it is."""

import logging
import threading

import psycopg2

from cdc.catalog.bookkeeping_ddl import HEARTBEAT_PREFIX
from cdc.postgres import Connection, lsn_number, rows, session

_log = logging.getLogger(__name__)


def beat(connection: Connection) -> int:
    """Commit a transaction that holds nothing but a message, since only a transactional one moves a slot; its LSN."""
    found = rows(connection, "SELECT pg_logical_emit_message(true, %s, '')::text", HEARTBEAT_PREFIX)
    return lsn_number(found[0][0])


def keep_beating(url: str, seconds: float, stopping: threading.Event) -> threading.Thread:
    """Start a thread that beats every `seconds` until `stopping` is set, through losses of its connection."""
    thread = threading.Thread(target=_beat_until, args=(url, seconds, stopping), name="heartbeat", daemon=True)
    thread.start()
    return thread


def _beat_until(url: str, seconds: float, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            with session(url) as connection:
                while not stopping.wait(seconds):
                    beat(connection)
        except psycopg2.Error as error:
            _log.warning("no heartbeat: %s", error)
            stopping.wait(seconds)
