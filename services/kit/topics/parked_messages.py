"""Messages that were refused for good, kept with their reason until somebody replays or discards them.

They are not captured: a message that nobody could read may hold anything.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Select, String, Text, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from services.kit.topics.delivery import Delivery, Headers
from services.kit.topics.envelope import LONGEST_TOPIC
from services.kit.topics.refusal import Refusal

# More than a broker takes of one message, unless it is told otherwise.
MOST_BYTES_KEPT = 1024 * 1024
LONGEST_CODE = 100


class ParkedMessageColumns:
    """A service's table `parked_messages`. value_bytes: how many there were, of which `message_value` has the first."""

    __tablename__ = "parked_messages"

    topic: Mapped[str] = mapped_column(String(LONGEST_TOPIC), primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    message_offset: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    message_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    message_value: Mapped[bytes | None] = mapped_column(LargeBinary)
    value_bytes: Mapped[int]
    headers: Mapped[list[list[str]]] = mapped_column(JSONB)
    code: Mapped[str] = mapped_column(String(LONGEST_CODE))
    reason: Mapped[str] = mapped_column(Text)
    correlation_id: Mapped[UUID | None]
    parked_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        """Lists show the oldest first."""
        bound = CheckConstraint(f"octet_length(message_value) <= {MOST_BYTES_KEPT}", name="value_is_bounded")
        return bound, Index(None, "parked_at")


@dataclass(frozen=True)
class Place:
    """Where a message was: its name as long as it is parked."""

    topic: str
    partition: int
    message_offset: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}:{self.message_offset}"


@dataclass(frozen=True)
class ParkedMessage(Place):
    """A message that is parked. headers: names, and values in base64."""

    message_key: bytes | None
    message_value: bytes | None
    value_bytes: int
    headers: list[list[str]]
    code: str
    reason: str
    correlation_id: UUID | None
    parked_at: datetime

    @property
    def is_whole(self) -> bool:
        """Whether every byte of it was kept, so that it can be sent again."""
        return len(self.message_value or b"") == self.value_bytes

    @property
    def sent_headers(self) -> Headers:
        """Its headers as they were sent."""
        return tuple((name, base64.b64decode(value)) for name, value in self.headers)


class ParkedMessages:
    """The parked messages of a service, in the transaction of its session."""

    def __init__(self, session: AsyncSession, row: type[ParkedMessageColumns]) -> None:
        self._session = session
        self._row = row

    async def park(self, delivery: Delivery, refusal: Refusal, correlation_id: UUID | None) -> None:
        """Keep the message, with at most MOST_BYTES_KEPT of it; one that is parked already stays as it is."""
        value = delivery.value
        parked = {
            "topic": delivery.topic,
            "partition": delivery.partition,
            "message_offset": delivery.offset,
            "message_key": None if delivery.key is None else delivery.key[:MOST_BYTES_KEPT],
            "message_value": None if value is None else value[:MOST_BYTES_KEPT],
            "value_bytes": len(value or b""),
            "headers": _storable(delivery.headers),
            "code": refusal.code[:LONGEST_CODE],
            "reason": refusal.reason,
            "correlation_id": correlation_id,
        }
        await self._session.execute(insert(self._row).values(parked).on_conflict_do_nothing())

    async def oldest(self, limit: int) -> Sequence[ParkedMessage]:
        """The oldest ones."""
        oldest = self._all().order_by(self._row.parked_at, *self._key()).limit(limit)
        return [ParkedMessage(*row) for row in await self._session.execute(oldest)]

    async def locked(self, place: Place) -> ParkedMessage | None:
        """The message, locked until the transaction ends; None if it is not parked (any more)."""
        one = (await self._session.execute(self._all().where(*self._is(place)).with_for_update())).one_or_none()
        return None if one is None else ParkedMessage(*one)

    async def remove(self, place: Place) -> None:
        """Forget the message."""
        await self._session.execute(delete(self._row).where(*self._is(place)))

    def _all(self) -> Select[Any]:
        return select(*(getattr(self._row, field.name) for field in fields(ParkedMessage)))

    def _key(self) -> tuple[Any, ...]:
        return self._row.topic, self._row.partition, self._row.message_offset

    def _is(self, place: Place) -> list[Any]:
        named = (place.topic, place.partition, place.message_offset)
        return [column == value for column, value in zip(self._key(), named, strict=True)]


def _storable(headers: Headers) -> list[list[str]]:
    named = ((name.replace("\0", "\N{REPLACEMENT CHARACTER}"), value) for name, value in headers)
    return [[name, base64.b64encode(value).decode()] for name, value in named]
