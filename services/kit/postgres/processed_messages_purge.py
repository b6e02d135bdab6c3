"""Answers are remembered for a time: older ones are forgotten by a background job, so that their table stays small.

Replicas may purge at the same time: what one of them removes is locked for it, so that the others skip it.
"""

from datetime import timedelta
from functools import partial

from pydantic import Field
from sqlalchemy import delete, select, tuple_

from services.kit.background_jobs import Job
from services.kit.postgres.actor import Actor
from services.kit.postgres.clock import moment_ago
from services.kit.postgres.database import Database
from services.kit.postgres.in_batches import in_batches
from services.kit.postgres.processed_messages import RETENTION, ProcessedMessageColumns
from services.kit.settings_of_service import ServiceSettings

NAME = "purge_processed_messages"
MESSAGES_AT_A_TIME = 1000
SECONDS_BETWEEN_PURGES = 3600.0


class MessageRetentionSettings(ServiceSettings):
    """The settings of a service that remembers its answers."""

    processed_messages_retention: timedelta = Field(default=RETENTION, gt=timedelta(0), le=timedelta(days=36500))


class MessagePurge:
    """Forgets the processed messages of a service."""

    def __init__(self, database: Database, row: type[ProcessedMessageColumns], service: str) -> None:
        self._database = database
        self._row = row
        self._purger = Actor(user_id=service, route=f"job {NAME}", reason="retention of processed messages is over")

    def job(self, retention: timedelta) -> Job:
        """The background job that forgets what is older than that."""
        return Job(NAME, SECONDS_BETWEEN_PURGES, partial(self.purge, retention))

    async def purge(self, retention: timedelta, at_a_time: int = MESSAGES_AT_A_TIME) -> int:
        """Remove the messages first seen longer than `retention` ago, and say how many."""
        return await in_batches(at_a_time, partial(self._purge_some, retention, at_a_time))

    async def _purge_some(self, retention: timedelta, limit: int) -> int:
        key = self._row.user_id, self._row.idempotency_key
        async with self._database.transaction(self._purger) as session:
            due = select(*key).where(self._row.first_seen_at < await moment_ago(session, retention))
            oldest = due.order_by(self._row.first_seen_at).limit(limit).with_for_update(skip_locked=True)
            going = (await session.execute(oldest)).all()
            await session.execute(delete(self._row).where(tuple_(*key).in_(going)))
        return len(going)
