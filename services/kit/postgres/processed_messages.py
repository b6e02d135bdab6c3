"""Durable idempotency: what came once is done once, and whoever sends it again gets the first answer."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.kit.errors import ConflictError
from services.kit.identity import LONGEST_USER_ID

LONGEST_IDEMPOTENCY_KEY = 255

Outcome = dict[str, Any]


class ProcessedMessageColumns:
    """Columns of a `processed_messages` table. A key is its sender's own: two users may choose the same one.

    `outcome` is null only within the transaction that does the work.
    """

    user_id: Mapped[str] = mapped_column(String(LONGEST_USER_ID), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(LONGEST_IDEMPOTENCY_KEY), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    outcome: Mapped[Outcome | None] = mapped_column(JSONB)


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
        if await self._is_new(message):
            outcome = await work()
            await self._session.execute(update(self._row).where(*self._named(message)).values(outcome=outcome))
            return Answered(outcome, repeated=False)
        found = select(self._row.request_sha256, self._row.outcome).where(*self._named(message))
        request_sha256, first = (await self._session.execute(found)).one()
        if request_sha256 != message.request_sha256:
            raise ConflictError(
                f"idempotency key {message.idempotency_key!r} was used for another request: choose a new one",
                code="idempotency_key_reused",
            )
        return Answered(first or {}, repeated=True)

    async def _is_new(self, message: Message) -> bool:
        claim = insert(self._row).values(**vars(message)).on_conflict_do_nothing().returning(self._row.idempotency_key)
        return (await self._session.execute(claim)).first() is not None

    def _named(self, message: Message) -> tuple[Any, Any]:
        return self._row.user_id == message.user_id, self._row.idempotency_key == message.idempotency_key
