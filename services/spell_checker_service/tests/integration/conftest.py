"""The spell checker's storage on a real PostgreSQL, migrated as it is in production and used as its least role."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from services.spell_checker_service.spelling.speller import Speller
from services.spell_checker_service.tests.service import running_content
from services.spell_checker_service.tests.stored_jobs import Jobs, opened
from services.spell_checker_service.tests.topic_service import Surroundings
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceTemplates
from tests.support.topics import Topics


@pytest.fixture(name="storage")
async def _storage(service_database: CreateDatabase) -> AsyncIterator[Jobs]:
    """The storage of spell checks in a database of this test alone, with room for concurrent transactions."""
    database = opened(service_database("spell_checker").app_url, database_pool_size=12)
    yield Jobs(database)
    await database.close()


@pytest_asyncio.fixture(name="content", scope="module", loop_scope="session")
async def _content(service_templates: ServiceTemplates) -> AsyncIterator[httpx.AsyncClient]:
    """A content service that the tests of a module share."""
    database = service_templates.create("content")
    async with running_content(database) as content:
        yield content
    service_templates.drop(database)


@pytest.fixture(name="around")
def _around(
    service_database: CreateDatabase, content: httpx.AsyncClient, speller: Speller, topics: Topics
) -> Surroundings:
    """What spell checkers that read the topic stand on, with a database of this test alone."""
    return Surroundings(service_database("spell_checker"), content, speller, topics)
