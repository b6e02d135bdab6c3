"""The content service on a real PostgreSQL, migrated as it is in production and used as its least role."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.content_service.tests.service import Service, running_content_service
from services.content_service.tests.stored_contents import Contents, opened
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase, ServiceTemplates


@pytest.fixture(name="content_database")
def _content_database(service_database: CreateDatabase) -> ServiceDatabase:
    """A database of the content service for this test alone."""
    return service_database("content")


@pytest.fixture(name="storage")
async def _storage(content_database: ServiceDatabase) -> AsyncIterator[Contents]:
    """The storages in it, with room for concurrent transactions."""
    database = opened(content_database.app_url, database_pool_size=12)
    yield Contents(database)
    await database.close()


@pytest_asyncio.fixture(name="shared_storage", scope="module", loop_scope="session")
async def _shared_storage(service_templates: ServiceTemplates) -> AsyncIterator[Contents]:
    """Storages that the tests of a module share: for those that look at nothing but their own contents."""
    place = service_templates.create("content")
    database = opened(place.app_url, database_pool_size=12)
    yield Contents(database)
    await database.close()
    service_templates.drop(place)


@pytest_asyncio.fixture(name="service")
async def _service(content_database: ServiceDatabase) -> AsyncIterator[Service]:
    """A service of this test alone."""
    async with running_content_service(content_database) as running:
        yield running


@pytest_asyncio.fixture(name="shared_service", scope="module", loop_scope="session")
async def _shared_service(service_templates: ServiceTemplates) -> AsyncIterator[Service]:
    """A service that the tests of a module share: for those that look at nothing but their own contents."""
    database = service_templates.create("content")
    async with running_content_service(database) as running:
        yield running
    service_templates.drop(database)
