"""Spell checkers that take their requests from a topic of a real Kafka, and what tests know of their work."""

from typing import Any

from services.kit.topics.envelope import topic_of
from services.spell_checker_service.events import SpellcheckRequested
from services.spell_checker_service.tests.service import Service
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run
from tests.support.topics import message

GROUP = "huleedu.spell_checker"
REQUESTED = topic_of(SpellcheckRequested)


async def requested(
    service: Service, text: str | bytes = "A lettter from a topic.", **differing: Any
) -> dict[str, Any]:
    """A message that asks for a check of a text of its own."""
    return message(REQUESTED, await service.question(text), **differing)


def stored(place: ServiceDatabase, query: str) -> list[tuple[object, ...]]:
    return run(place.superuser_dsn, query)
