"""What the comparative judgement service's tests stand on."""

from collections.abc import AsyncIterator

import pytest_asyncio

from services.cj_assessment_service.tests.service import Service, running_service
from services.cj_assessment_service.tests.stored import Stored
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceTemplates
from tests.support.storage import opened_database


@pytest_asyncio.fixture(name="service")
async def service_fixture(service_database: CreateDatabase) -> AsyncIterator[Service]:
    """A service of this test alone, on a migrated database."""
    async with running_service(service_database("cj_assessment")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_service(service_templates: ServiceTemplates) -> AsyncIterator[Service]:
    """A service that the tests of a module share: for those that look at nothing but their own batches."""
    database = service_templates.create("cj_assessment")
    async with running_service(database) as running:
        yield running
    service_templates.drop(database)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stored(service_templates: ServiceTemplates) -> AsyncIterator[Stored]:
    """The storage, with room for concurrent transactions; the tests of a module share it."""
    copy = service_templates.create("cj_assessment")
    database = opened_database("cj_assessment", copy.app_url, database_pool_size=24)
    yield Stored(database)
    await database.close()
    service_templates.drop(copy)
