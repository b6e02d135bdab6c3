"""Connections of the role `<service>_cdc`, with the settings pinned that shape the text of values."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from psycopg2 import extensions
from psycopg2.extras import LogicalReplicationConnection

from cdc.catalog.postgres_ddl import PINNED_SESSION

# psycopg2 spells its class in lower case.
Connection = extensions.connection

_CONNECT_TIMEOUT_SECONDS = 10
_OPTIONS = " ".join(f"-c {name}={value}" for name, value in PINNED_SESSION.items())


_CONNECTION: dict[str, Any] = {
    "options": _OPTIONS,
    "connect_timeout": _CONNECT_TIMEOUT_SECONDS,
    "application_name": "huleedu_cdc",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    # What was sent and is not acknowledged keeps keep-alives from being sent: a link that died silently would last for
    # a quarter of an hour. In milliseconds.
    "tcp_user_timeout": 60_000,
}


@contextmanager
def session(url: str) -> Iterator[Connection]:
    """An ordinary connection, each statement its own transaction unless told otherwise; closed at the end."""
    with closing(psycopg2.connect(url, **_CONNECTION)) as opened:
        opened.autocommit = True
        yield opened


@contextmanager
def replication_session(url: str) -> Iterator[LogicalReplicationConnection]:
    """A connection that speaks the replication protocol; closed at the end."""
    with closing(psycopg2.connect(url, connection_factory=LogicalReplicationConnection, **_CONNECTION)) as opened:
        yield opened


def rows(connection: Connection, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """The rows of a query; parameters are bound to its `%s`."""
    with connection.cursor() as cursor:
        # Without parameters a % in a name is a % and no place for one.
        cursor.execute(query, parameters or None)
        return cursor.fetchall()


def lsn_number(text: str) -> int:
    """A WAL position as PostgreSQL writes it (`16/B374D848`), as a number."""
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def lsn_text(number: int) -> str:
    """A WAL position as PostgreSQL writes it."""
    return f"{number >> 32:X}/{number & 0xFFFFFFFF:X}"


def wal_position(connection: Connection) -> int:
    """Up to where WAL has been written by now."""
    return lsn_number(str(rows(connection, "SELECT pg_current_wal_insert_lsn()::text")[0][0]))
