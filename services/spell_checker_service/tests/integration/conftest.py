"""The spell checker's storage on a real PostgreSQL, migrated as it is in production and used as its least role."""

from collections.abc import AsyncIterator

import pytest

from services.spell_checker_service.tests.stored_jobs import Jobs, opened
from tests.support.postgres import CreateDatabase


@pytest.fixture(name="storage")
async def _storage(service_database: CreateDatabase) -> AsyncIterator[Jobs]:
    """The storage of spell checks in a database of this test alone, with room for concurrent transactions."""
    database = opened(service_database("spell_checker").app_url, database_pool_size=12)
    yield Jobs(database)
    await database.close()
