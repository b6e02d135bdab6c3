"""Removes sessions whose tokens have expired; replicas may do so at the same time, each skips what another removes."""

from datetime import timedelta

from services.api_gateway_service.session_repository_postgres_impl import PostgresSessionRepository
from services.kit.postgres.actor import Actor
from services.kit.postgres.clock import moment_ago
from services.kit.postgres.database import Database
from services.kit.postgres.in_batches import in_batches

SESSIONS_AT_A_TIME = 500
CLEANER = Actor(user_id="api_gateway_service", route="job delete_expired_sessions", reason="their tokens have expired")


async def delete_expired_sessions(database: Database, grace: timedelta) -> int:
    """Remove sessions that expired longer than `grace` ago, and say how many."""

    async def delete_some() -> int:
        async with database.transaction(CLEANER) as session:
            before = await moment_ago(session, grace)
            return await PostgresSessionRepository(session).delete_expired(before, SESSIONS_AT_A_TIME)

    return await in_batches(SESSIONS_AT_A_TIME, delete_some)
