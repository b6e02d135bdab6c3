"""The file service's storage on a real PostgreSQL, migrated as it is in production and used as its least role."""

from collections.abc import AsyncIterator

import pytest

from services.file_service.tests.stored_files import Files, opened
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase


@pytest.fixture(name="file_database")
def _file_database(service_database: CreateDatabase) -> ServiceDatabase:
    """A database of the file service for this test alone."""
    return service_database("file")


@pytest.fixture(name="storage")
async def _storage(file_database: ServiceDatabase) -> AsyncIterator[Files]:
    """The storage of files in it, with room for concurrent transactions."""
    database = opened(file_database.app_url, database_pool_size=12)
    yield Files(database)
    await database.close()
