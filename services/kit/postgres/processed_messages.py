"""Durable idempotency: what came once is done once, and whoever sends it again gets the first answer."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from services.kit.capture import Capture
from services.kit.errors import ConflictError
from services.kit.identity import LONGEST_USER_ID
from services.kit.postgres.conventions import lower_case_hex

LONGEST_IDEMPOTENCY_KEY = 255
# How long a repetition gets the first answer, where a service's settings name no other time.
RETENTION = timedelta(days=90)

Outcome = dict[str, Any]


class ProcessedMessageColumns:
    """A service's table `processed_messages`. A key is its sender's own: two users may choose the same one.

    `outcome` is null only within the transaction that does the work. It says what the service's other tables say as
    well, which are captured themselves.
    """

    __tablename__ = "processed_messages"

    user_id: Mapped[str] = mapped_column(String(LONGEST_USER_ID), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(LONGEST_IDEMPOTENCY_KEY), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    outcome: Mapped[Outcome | None] = mapped_column(JSONB)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        """The purge looks for the oldest ones."""
        capture = Capture(exclude=frozenset({"outcome"}), subject="user_id", retain=RETENTION)
        return lower_case_hex("request_sha256", 64), Index(None, "first_seen_at"), {"info": capture.info()}


@dataclass(frozen=True)
class Message:
    """Who sent what under which key; `request_sha256` is the `fingerprint` of what is asked for."""

    user_id: str
    idempotency_key: str
    request_sha256: str


@dataclass(frozen=True)
class Answered:
    """The first answer to a message, and whether this was a repetition of it."""

    outcome: Outcome
    repeated: bool


def fingerprint(request: Mapping[str, Any]) -> str:
    """SHA-256, as lower-case hex, of a request's fields, whatever their order; UUIDs and times by their text."""
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def key_reused(message: Message) -> ConflictError:
    """The error of a message whose key was used for another request."""
    return ConflictError(
        f"idempotency key {message.idempotency_key!r} was used for another request: choose a new one",
        code="idempotency_key_reused",
    )


class ProcessedMessages:
    """The messages that a service has answered, in the transaction of its session."""

    def __init__(self, session: AsyncSession, row: type[ProcessedMessageColumns]) -> None:
        self._session = session
        self._row = row

    async def first_answer(self, message: Message, work: Callable[[], Awaitable[Outcome]]) -> Answered:
        """What `work` answers, done and kept in this transaction, or what it answered the first time.

        Of two that come at once the second waits until the first one's transaction ends: its answer is taken over if
        it committed, the work is done if it did not. ConflictError if the key was used for another request.
        """
        while not await self._is_new(message):
            # None if the first one was forgotten in this very moment.
            if (outcome := await self.answer_to(message)) is not None:
                return Answered(outcome, repeated=True)
        outcome = await work()
        await self._session.execute(update(self._row).where(*self._named(message)).values(outcome=outcome))
        return Answered(outcome, repeated=False)

    async def answer_to(self, message: Message) -> Outcome | None:
        """The first answer to the message, None if there is none yet; ConflictError as `first_answer`."""
        found = select(self._row.request_sha256, self._row.outcome).where(*self._named(message))
        first = (await self._session.execute(found)).one_or_none()
        if first is None:
            return None
        request_sha256, outcome = first
        if request_sha256 != message.request_sha256:
            raise key_reused(message)
        if outcome is None:
            raise RuntimeError(f"processed message {message.idempotency_key!r} was committed without its outcome")
        return dict(outcome)

    async def _is_new(self, message: Message) -> bool:
        claim = insert(self._row).values(**vars(message)).on_conflict_do_nothing().returning(self._row.idempotency_key)
        return (await self._session.execute(claim)).first() is not None

    def _named(self, message: Message) -> tuple[Any, Any]:
        return self._row.user_id == message.user_id, self._row.idempotency_key == message.idempotency_key
