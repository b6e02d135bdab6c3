"""Answers are remembered for a time, and then forgotten."""

from datetime import timedelta

from pydantic import Field

from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.postgres.old_rows import OldRows
from services.kit.postgres.processed_messages import RETENTION, ProcessedMessageColumns
from services.kit.settings_of_service import ServiceSettings

NAME = "purge_processed_messages"


class MessageRetentionSettings(ServiceSettings):
    """The settings of a service that remembers its answers."""

    processed_messages_retention: timedelta = Field(default=RETENTION, gt=timedelta(0), le=timedelta(days=36500))


class MessagePurge(OldRows):
    """Forgets the processed messages of a service, by when they were first seen."""

    def __init__(self, database: Database, row: type[ProcessedMessageColumns], service: str) -> None:
        purger = Actor(user_id=service, route=f"job {NAME}", reason="retention of processed messages is over")
        super().__init__(database, (row.user_id, row.idempotency_key), row.first_seen_at, name=NAME, purger=purger)
