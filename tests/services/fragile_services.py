"""Every service in this process, each on a database of its own that a test can take away."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from services.kit.postgres.database import SECONDS_FOR_SERVER_TO_SAY_SO
from services.kit.postgres.settings import DatabaseSettings
from services.registry import SERVICES, Service
from tests.services.surroundings import Surroundings, list_of
from tests.support.breakable_link import BreakableLink
from tests.support.fragile_database import fragile_database
from tests.support.running_service import definition_of, running_service
from tests.support.service_database import ServiceDatabase

# Imported before any of them runs: an import stops the event loop for longer than they wait.
DEFINITIONS = {service.name: definition_of(service) for service in SERVICES}


@dataclass(frozen=True)
class FragileService:
    """A running service, the link to its database, and how many seconds it may wait for that to answer a request."""

    client: httpx.AsyncClient
    link: BreakableLink
    list_path: str
    longest_wait: float

    async def rows(self) -> httpx.Response:
        """A list that it reads from its database."""
        return await self.client.get(self.list_path)

    async def health(self) -> int:
        return (await self.client.get("/healthz")).status_code


@asynccontextmanager
async def fragile_services(
    databases: Mapping[str, ServiceDatabase], surroundings: Surroundings
) -> AsyncIterator[Mapping[str, FragileService]]:
    """All of the registry by name."""
    async with AsyncExitStack() as stack:
        yield {
            service.name: await stack.enter_async_context(
                _fragile_service(service, databases[service.name], surroundings)
            )
            for service in SERVICES
        }


@asynccontextmanager
async def _fragile_service(
    service: Service, place: ServiceDatabase, surroundings: Surroundings
) -> AsyncIterator[FragileService]:
    definition = DEFINITIONS[service.name]
    told: dict[str, Any] = {name.lower(): text for name, text in surroundings.variables(service).items()}
    told |= {name: 1 for name in definition.settings.model_fields if name.endswith("_workers")}
    async with fragile_database(place) as (database, link):
        settings = definition.settings(database_url=database.app_url, database_statement_timeout=3.0, **told)
        async with running_service(definition, settings) as running:
            running.client.headers.update(surroundings.headers(service))
            yield FragileService(running.client, link, list_of(service), _longest_wait(settings))


def _longest_wait(settings: DatabaseSettings) -> float:
    """Of a request that gets a connection last, which must be made first, and then meets silence."""
    statement = settings.database_statement_timeout + SECONDS_FOR_SERVER_TO_SAY_SO
    return settings.database_pool_timeout + settings.database_connect_timeout + statement
