"""Results on their way to a topic: written in the transaction of their work, published from there by capture.

A service writes them whether or not anybody publishes them: without Kafka they are its record of what it answered.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, func, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from services.kit.capture import Capture, Publication
from services.kit.identity import LONGEST_USER_ID
from services.kit.topics.envelope import LONGEST_TOPIC, Envelope

LONGEST_MESSAGE_KEY = 255
# How long a result stays in PostgreSQL, where a service's settings name no other time: as long as it could be published
# anew, should the slot it is published from be lost.
OUTBOX_RETENTION = timedelta(days=7)
HISTORY_KEPT = timedelta(days=90)


class OutboxColumns:
    """A service's table `outbox`. message_key: those of one key are published in their order; payload: JSON as sent.

    Rows are written once and never changed. They say who is concerned and what came out, and hold no texts of people.
    """

    __tablename__ = "outbox"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(LONGEST_TOPIC))
    message_key: Mapped[str] = mapped_column(String(LONGEST_MESSAGE_KEY))
    user_id: Mapped[str] = mapped_column(String(LONGEST_USER_ID))
    correlation_id: Mapped[UUID]
    payload: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        """The purge looks for the oldest ones."""
        published = Publication(
            event_id="event_id",
            topic="topic",
            key="message_key",
            payload="payload",
            headers=(("correlation_id", "correlation_id"),),
        )
        capture = Capture(subject="user_id", retain=HISTORY_KEPT, published=published)
        return Index(None, "created_at"), {"info": capture.info()}


class Outbox:
    """The results of a service, in the transaction of its session."""

    def __init__(self, session: AsyncSession, row: type[OutboxColumns]) -> None:
        self._session = session
        self._row = row

    async def add(self, event: Envelope[Any], key: str) -> None:
        """Have the event published to the topic of its type if this transaction commits, and only then."""
        result = {
            "event_id": event.event_id,
            "topic": event.event_type,
            "message_key": key,
            "user_id": event.user_id,
            "correlation_id": event.correlation_id,
            "payload": event.model_dump_json(),
        }
        await self._session.execute(insert(self._row).values(result))
