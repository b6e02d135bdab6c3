"""A service's database: its pool of connections, with limits on every wait, and the sessions on it."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from services.kit.postgres.actor import Actor, ActorSession, announce_actors
from services.kit.postgres.copying import carry_copies
from services.kit.postgres.errors import database_errors
from services.kit.postgres.idle_connections import replace_lost_connections
from services.kit.postgres.metrics import QueryMetrics
from services.kit.postgres.settings import DatabaseSettings
from services.kit.postgres.unit_of_work import UnitOfWork

# The server ends a statement that takes too long; the client does only when the server no longer answers.
SECONDS_FOR_SERVER_TO_SAY_SO = 5.0
_SECONDS_TO_CLOSE = 3.0


class Database:
    """Opened by its first query, closed by `close`. tables: those whose names metrics may show."""

    def __init__(self, settings: DatabaseSettings, service: str, tables: Collection[str]) -> None:
        self.engine = _engine(settings, service)
        replace_lost_connections(self.engine.sync_engine)
        announce_actors(self.engine.sync_engine)
        carry_copies(self.engine.sync_engine)
        QueryMetrics(service, tables).observe(self.engine.sync_engine)

    def session(self, actor: Actor) -> AsyncSession:
        """A session whose writes carry the actor; whoever asks for it closes it (`async with`)."""
        return AsyncSession(self.engine, sync_session_class=ActorSession, info=ActorSession.info_of(actor))

    @asynccontextmanager
    async def transaction(self, actor: Actor) -> AsyncIterator[AsyncSession]:
        """A session for one unit of work: committed at the end, rolled back if an error leaves."""
        async with self.session(actor) as session, UnitOfWork(session):
            yield session

    async def ping(self) -> None:
        """Return if the database answers; ServiceUnavailableError if not. Who asks says how long that may take."""
        with database_errors():
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection; those on which the server stays silent are given up after some seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS_TO_CLOSE):
                await self.engine.dispose()


def _engine(settings: DatabaseSettings, service: str) -> AsyncEngine:
    return create_async_engine(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_pool_timeout,
        connect_args={
            "timeout": settings.database_connect_timeout,
            "command_timeout": settings.database_statement_timeout + SECONDS_FOR_SERVER_TO_SAY_SO,
            "server_settings": {
                "application_name": service,
                "timezone": "UTC",
                "statement_timeout": _milliseconds(settings.database_statement_timeout),
                "lock_timeout": _milliseconds(settings.database_lock_timeout),
                "idle_in_transaction_session_timeout": _milliseconds(2 * settings.database_statement_timeout),
            },
        },
    )


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))
