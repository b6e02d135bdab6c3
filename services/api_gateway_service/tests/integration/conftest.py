"""The gateway's storage on a real PostgreSQL, migrated as it is in production and used as its least role."""

from collections.abc import AsyncIterator

import pytest

from services.api_gateway_service.tests.gateway import settings_for
from services.api_gateway_service.tests.stored import Rules, Sessions, opened
from services.api_gateway_service.tests.token_factory import TokenFactory
from services.kit.postgres.database import Database
from tests.support.service_database import ServiceDatabase


@pytest.fixture(name="database")
async def _database(gateway_database: ServiceDatabase, tokens: TokenFactory) -> AsyncIterator[Database]:
    """The database, with room for concurrent transactions."""
    settings = settings_for(gateway_database, "valkey://nowhere", tokens, database_pool_size=12)
    database = opened(settings)
    yield database
    await database.close()


@pytest.fixture(name="sessions")
def _sessions(database: Database) -> Sessions:
    return Sessions(database)


@pytest.fixture(name="rules")
def _rules(database: Database) -> Rules:
    return Rules(database)
