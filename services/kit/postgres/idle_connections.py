"""Connections that come back out of the pool: one that was lost meanwhile is replaced before a statement needs it.

SQLAlchemy's `pool_pre_ping` asks the server each time: with asyncpg three round trips a transaction, as many as a
transaction of one statement takes itself. Here the server is asked only where the driver cannot know.
"""

import time

import asyncpg
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

# The driver hears of a connection that the server ends, but not of one that a firewall forgets: that takes longer.
_SECONDS_TRUSTED = 5.0
_IDLE_SINCE = "idle_since"


def replace_lost_connections(engine: Engine, seconds_trusted: float = _SECONDS_TRUSTED) -> None:
    """Let nobody get a connection that is closed, or that was idle for longer than trusted and answers no ping."""

    def check_out(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
        driver = entry.driver_connection
        if isinstance(driver, asyncpg.Connection) and driver.is_closed():
            raise DisconnectionError("it was closed while idle")
        idle_since = entry.info.get(_IDLE_SINCE)
        if idle_since is not None and time.monotonic() - idle_since > seconds_trusted:
            _ping(engine, connection)

    event.listen(engine, "checkin", _on_return)
    event.listen(engine, "checkout", check_out)


def _on_return(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.info[_IDLE_SINCE] = time.monotonic()


def _ping(engine: Engine, connection: DBAPIConnection) -> None:
    """InvalidatePoolError, which has all that are idle replaced, if the connection is lost after all."""
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError("it was lost while idle") from error
