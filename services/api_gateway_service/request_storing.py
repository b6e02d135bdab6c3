"""Stores batches of requests, each record once, and makes the partition of a day that has none yet."""

from collections.abc import Sequence
from datetime import UTC, date

from services.api_gateway_service.domain import RequestRecord
from services.api_gateway_service.request_repository_postgres_impl import PostgresRequestRepository
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database

WRITER = Actor(user_id="api_gateway_service", route="job write_request_log")


class RequestStoring:
    """One batch is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._prepared: frozenset[date] = frozenset()

    async def store(self, records: Sequence[RequestRecord], *, again: bool) -> None:
        """Store the records; `again` if one of them may be stored already, by a try whose end nobody heard of."""
        if again:
            self._prepared = frozenset()  # it may be that a partition is missing that was there once
        await self._prepare(records)
        async with self._database.transaction(WRITER) as session:
            requests = PostgresRequestRepository(session)
            await (requests.append_missing(records) if again else requests.append(records))

    async def _prepare(self, records: Sequence[RequestRecord]) -> None:
        days = frozenset(record.requested_at.astimezone(UTC).date() for record in records)
        for day in sorted(days - self._prepared):
            async with self._database.transaction(WRITER) as session:
                await PostgresRequestRepository(session).create_partitions(day, day)
        self._prepared |= days
