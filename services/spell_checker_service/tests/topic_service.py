"""Spell checkers that take their requests from a topic of a real Kafka, and what tests know of their work."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from services.kit.topics.envelope import topic_of
from services.spell_checker_service.events import SpellcheckCompleted, SpellcheckRequested
from services.spell_checker_service.spelling.speller import Speller
from services.spell_checker_service.tests.service import Service, running_spell_checker, settings_for
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run
from tests.support.topics import Topics, message

GROUP = "huleedu.spell_checker"
REQUESTED = topic_of(SpellcheckRequested)
PARTITIONS = 4


@dataclass(frozen=True)
class Surroundings:
    """What replicas stand on, and what is left of their work."""

    place: ServiceDatabase
    content: httpx.AsyncClient
    speller: Speller
    topics: Topics

    @asynccontextmanager
    async def replica(self, place: ServiceDatabase | None = None, **others: Any) -> AsyncIterator[Service]:
        """One that reads the topic. place: where it finds the database, if not where it is."""
        told = {"kafka_bootstrap": self.topics.bootstrap, "kafka_partitions": PARTITIONS, **others}
        # A repetition waits for the first one's answer; here however long the machine takes.
        patient = {"database_lock_timeout": 60.0, "database_statement_timeout": 60.0}
        settings = settings_for(place or self.place, **patient | told)
        async with running_spell_checker(settings, self.content, self.speller) as service:
            yield service

    async def requested(self, service: Service, text: str | bytes = "A lettter.", **differing: Any) -> dict[str, Any]:
        """A message that asks for a check of a text of its own."""
        return message(REQUESTED, await service.question(text), **differing)

    async def send(self, asked: Any, **where: Any) -> int:
        key = asked["data"]["essay_id"] if isinstance(asked, dict) else None
        return await self.topics.send(REQUESTED, asked, key=key, **where)

    async def done(self, count: int) -> None:
        """Return once the group has come past so many messages."""
        await self.topics.done(GROUP, REQUESTED, count)

    def results(self) -> list[SpellcheckCompleted]:
        """What waits to be published, in the order in which it was written."""
        rows = run(self.place.superuser_dsn, "SELECT payload FROM outbox ORDER BY created_at")
        return [SpellcheckCompleted.model_validate_json(str(payload)) for (payload,) in rows]

    def parked(self) -> list[tuple[str, str]]:
        """Code and value of each message that was refused for good."""
        query = "SELECT code, message_value::text FROM parked_messages ORDER BY parked_at"
        rows = run(self.place.superuser_dsn, query)
        return [(str(code), bytes.fromhex(str(value)[2:]).decode(errors="replace")) for code, value in rows]


def as_sent(asked: Any) -> str:
    """The message's text."""
    return json.dumps(asked)
