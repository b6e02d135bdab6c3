"""Keeps the partitions of the request log: those of the days to come are made ahead, those past retention dropped.

Every replica does so; of two at once the second finds nothing left to do.
"""

from datetime import timedelta

from services.api_gateway_service.request_repository_postgres_impl import PostgresRequestRepository
from services.kit.postgres.actor import Actor
from services.kit.postgres.clock import moment_ago
from services.kit.postgres.database import Database

KEEPER = Actor(user_id="api_gateway_service", route="job keep_request_partitions")


class RequestPartitions:
    """days_ahead: how many days after today have their partition; retention: how long a request is kept at least."""

    def __init__(self, database: Database, days_ahead: int, retention: timedelta) -> None:
        self._database = database
        self._days_ahead = days_ahead
        self._retention = retention

    async def keep(self) -> int:
        """Make what is missing, drop what is over, and say how many partitions that was."""
        async with self._database.transaction(KEEPER) as session:
            now = await moment_ago(session, timedelta(0))
            today, oldest = now.date(), (now - self._retention).date()
            created = await PostgresRequestRepository(session).create_partitions(
                today, today + timedelta(days=self._days_ahead)
            )
        # Not in the transaction above: to drop waits for readers and may fail, and what was made is to stay.
        async with self._database.transaction(KEEPER) as session:
            return created + await PostgresRequestRepository(session).drop_partitions(oldest)
