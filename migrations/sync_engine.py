"""Engines for migrations: one connection at a time, without an event loop, so that async callers may use them too."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, NullPool, create_engine, make_url

_CONNECT_TIMEOUT_SECONDS = 10


@contextmanager
def sync_engine(url: str) -> Iterator[Engine]:
    """An engine on the database at `url`, whichever driver it names for the services; disposed of at the end."""
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg2"),
        poolclass=NullPool,
        connect_args={"connect_timeout": _CONNECT_TIMEOUT_SECONDS, "application_name": "migrations"},
    )
    try:
        yield engine
    finally:
        engine.dispose()
