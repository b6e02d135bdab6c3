"""Requests from a topic: each is answered once, whatever comes again, dies, or is no request at all."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.spell_checker_service.spelling.speller import Speller
from services.spell_checker_service.tests.service import Service, running_content, running_spell_checker, settings_for
from services.spell_checker_service.tests.topic_service import GROUP, REQUESTED, requested, stored
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase, ServiceTemplates
from tests.support.topics import Topics

# A broker may have to start first.
pytestmark = pytest.mark.timeout(300)
Start = Callable[..., AbstractAsyncContextManager[Service]]


@pytest_asyncio.fixture(name="content", scope="module", loop_scope="session")
async def _content(service_templates: ServiceTemplates) -> AsyncIterator[httpx.AsyncClient]:
    database = service_templates.create("content")
    async with running_content(database) as content:
        yield content
    service_templates.drop(database)


@pytest.fixture(name="place")
def _place(service_database: CreateDatabase) -> ServiceDatabase:
    return service_database("spell_checker")


@pytest.fixture(name="start")
def _start(place: ServiceDatabase, content: httpx.AsyncClient, speller: Speller, topics: Topics) -> Start:
    """Starts a replica that reads the topic."""

    @asynccontextmanager
    async def start(**others: Any) -> AsyncIterator[Service]:
        settings = settings_for(place, kafka_bootstrap=topics.bootstrap, **others)
        async with running_spell_checker(settings, content, speller) as service:
            yield service

    return start


async def test_a_request_is_answered_and_its_result_waits_to_be_published(
    start: Start, topics: Topics, place: ServiceDatabase
) -> None:
    async with start() as service:
        asked = await requested(service)
        await topics.make(REQUESTED, 2)
        await topics.send(REQUESTED, asked, key=asked["data"]["essay_id"])
        await topics.done(GROUP, REQUESTED, 1)
    print(stored(place, "SELECT * FROM outbox"))
    print(stored(place, "SELECT * FROM processed_messages"))
    assert 0
