"""A service's app in this process, on real parts, with the settings of a test."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from dishka import AsyncContainer, Provider, Scope
from quart import Quart
from quart.testing import TestApp

from services.kit.service import ServiceDefinition, create_app, make_container
from services.kit.settings_of_service import ServiceSettings
from services.registry import Service

# A machine under load reads dictionaries slowly.
SECONDS = 60


def definition_of(service: Service) -> ServiceDefinition:
    """How a service of the registry is put together."""
    definition: ServiceDefinition = importlib.import_module(f"{service.package}.app").DEFINITION
    return definition


class GivenSettings(Provider):
    """Settings of a test in the place of the environment's."""

    def __init__(self, settings: ServiceSettings) -> None:
        super().__init__(scope=Scope.APP)

        def given() -> ServiceSettings:
            return settings

        self.provide(given, provides=type(settings), override=True)


@dataclass(frozen=True)
class RunningService:
    """A client that speaks HTTP's own form to the service, and what the service is made of."""

    client: httpx.AsyncClient
    container: AsyncContainer
    app: Quart


@asynccontextmanager
async def running_service(
    definition: ServiceDefinition, settings: ServiceSettings, *overrides: Provider
) -> AsyncIterator[RunningService]:
    container = make_container(definition, GivenSettings(settings), *overrides)
    app = await create_app(definition, container)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    address = f"http://{definition.name}"
    running = TestApp(app, startup_timeout=SECONDS, shutdown_timeout=SECONDS)
    async with running, httpx.AsyncClient(transport=transport, base_url=address, timeout=SECONDS) as client:
        yield RunningService(client, container, app)
