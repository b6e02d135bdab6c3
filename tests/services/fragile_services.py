"""Every service in this process, each on a database of its own that a test can take away."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from deploy.docker.probes import GATEWAY, LISTS
from deploy.local.service_needs import needs_of
from services.api_gateway_service.tests.token_factory import AUDIENCE, ISSUER, TokenFactory, new_factory
from services.registry import SERVICES, Service
from tests.support.breakable_link import BreakableLink
from tests.support.callers import ANNA
from tests.support.fragile_database import fragile_database
from tests.support.platform import places_of
from tests.support.running_service import definition_of, running_service
from tests.support.service_database import ServiceDatabase

NOBODY_LISTENS = 9
# Imported before any of them runs: an import stops the event loop for longer than they wait.
DEFINITIONS = {service.name: definition_of(service) for service in SERVICES}


@dataclass(frozen=True)
class FragileService:
    """A running service, and the link to its database."""

    client: httpx.AsyncClient
    link: BreakableLink
    list_path: str

    async def rows(self) -> httpx.Response:
        """A list that it reads from its database."""
        return await self.client.get(self.list_path)

    async def health(self) -> int:
        return (await self.client.get("/healthz")).status_code


@asynccontextmanager
async def fragile_services(
    databases: Mapping[str, ServiceDatabase], valkey_url: str, directory: Path
) -> AsyncIterator[Mapping[str, FragileService]]:
    """All of the registry by name; each finds none of the others."""
    places = places_of(directory, valkey_url, {service.name: NOBODY_LISTENS for service in SERVICES})
    tokens = new_factory(directory)
    async with AsyncExitStack() as stack:
        yield {
            service.name: await stack.enter_async_context(
                _fragile_service(service, databases[service.name], places, tokens)
            )
            for service in SERVICES
        }


@asynccontextmanager
async def _fragile_service(
    service: Service, place: ServiceDatabase, places: Mapping[str, str], tokens: TokenFactory
) -> AsyncIterator[FragileService]:
    definition = definition_of(service)
    told: dict[str, Any] = {name.lower(): text.format_map(places) for name, text in needs_of(service).variables.items()}
    if service.name == GATEWAY:
        told |= {"jwt_issuer": ISSUER, "jwt_audience": AUDIENCE, "jwt_public_key_file": tokens.public_key_file}
    definition = DEFINITIONS[service.name]
    async with fragile_database(place) as (database, link):
        one_each = {name: 1 for name in definition.settings.model_fields if name.endswith("_workers")}
        settings = definition.settings(
            database_url=database.app_url, database_statement_timeout=3.0, **one_each, **told
        )
        async with running_service(definition, settings) as running:
            running.client.headers.update(tokens.headers() if service.name == GATEWAY else ANNA)
            yield FragileService(running.client, link, LISTS[service.name])
