"""What the gateway's tests stand on."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.valkey import Valkey
from services.api_gateway_service.tests.gateway import Gateway, running_gateway, settings_for
from services.api_gateway_service.tests.token_factory import TokenFactory, new_factory
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase


@pytest.fixture(name="tokens", scope="session")
def _tokens(tmp_path_factory: pytest.TempPathFactory) -> TokenFactory:
    """The issuer whose tokens the gateways under test accept."""
    return new_factory(tmp_path_factory.mktemp("keys"))


@pytest.fixture(name="gateway_database")
def _gateway_database(service_database: CreateDatabase) -> ServiceDatabase:
    """A database of the gateway for this test alone."""
    return service_database("api_gateway")


@pytest_asyncio.fixture(name="gateway")
async def _gateway(gateway_database: ServiceDatabase, valkey: Valkey, tokens: TokenFactory) -> AsyncIterator[Gateway]:
    """A gateway of this test alone."""
    settings = settings_for(gateway_database, valkey.url, tokens)
    async with running_gateway(settings, gateway_database, tokens) as running:
        yield running
