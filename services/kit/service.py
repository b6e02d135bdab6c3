"""A service as data, and what is made of it: a container, an app, and a process that serves until a signal ends it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import typer
from dishka import AsyncContainer, Provider, make_async_container
from quart import Blueprint, Quart
from quart_dishka import QuartDishka, QuartProvider
from sqlalchemy import MetaData

from services.kit.background_jobs import BackgroundJobs, Job
from services.kit.command_line import explained
from services.kit.di import DatabaseProvider, RequestProvider, SettingsProvider
from services.kit.listener import PortTakenError
from services.kit.logging import configure_logging
from services.kit.postgres.database import Database
from services.kit.settings_of_service import ServiceSettings
from services.kit.topics.consumer import TopicConsumer
from services.kit.web.app import create_app as create_web_app
from services.kit.web.operations import Check
from services.kit.web.serving import serve


async def no_checks(_container: AsyncContainer) -> dict[str, Check]:
    """For a service that needs nothing but its database."""
    return {}


async def no_jobs(_container: AsyncContainer) -> Sequence[Job]:
    """For a service that does nothing beside requests."""
    return ()


async def no_consumers(_container: AsyncContainer) -> Sequence[TopicConsumer]:
    """For a service whose requests come over HTTP alone."""
    return ()


async def nothing_more(_app: Quart, _container: AsyncContainer) -> None:
    """For a service whose app is like every other."""


@dataclass(frozen=True)
class ServiceDefinition:
    """All in which one service differs from the next in how it is put together.

    checks: what must answer beside the database for it to serve; shown: what it would rather have, and serves without;
    jobs: what it does beside requests; consumers: what reads requests from topics, shown as well; prepare: what its app
    has beside what every app has. All may open what they need from the container before the first request comes.
    """

    name: str
    title: str
    settings: type[ServiceSettings]
    metadata: MetaData
    providers: tuple[type[Provider], ...]
    blueprints: tuple[Blueprint, ...]
    checks: Callable[[AsyncContainer], Awaitable[dict[str, Check]]] = no_checks
    shown: Callable[[AsyncContainer], Awaitable[dict[str, Check]]] = no_checks
    jobs: Callable[[AsyncContainer], Awaitable[Sequence[Job]]] = no_jobs
    consumers: Callable[[AsyncContainer], Awaitable[Sequence[TopicConsumer]]] = no_consumers
    prepare: Callable[[Quart, AsyncContainer], Awaitable[None]] = nothing_more


def make_container(definition: ServiceDefinition, *overrides: Provider) -> AsyncContainer:
    """The service's container; what an override provides takes the place of what is provided otherwise."""
    return make_async_container(
        SettingsProvider(definition.settings),
        DatabaseProvider(definition.name, definition.metadata),
        RequestProvider(),
        QuartProvider(),
        *(provider() for provider in definition.providers),
        *overrides,
    )


async def create_app(definition: ServiceDefinition, container: AsyncContainer) -> Quart:
    """The app over this container, which it closes when it stops: repositories first, then blueprints, then jobs.

    SettingsError if a setting is missing or makes no sense.
    """
    settings = await container.get(ServiceSettings)
    database = await container.get(Database)
    consumers = await definition.consumers(container)
    app = create_web_app(
        definition.name,
        definition.title,
        checks={"database": database.ping, **await definition.checks(container)},
        shown={**await definition.shown(container), **{consumer.name: consumer.check for consumer in consumers}},
        max_body_bytes=settings.max_request_bytes,
    )
    QuartDishka(app=app, container=container)
    for blueprint in definition.blueprints:
        app.register_blueprint(blueprint)
    await definition.prepare(app, container)

    @app.while_serving
    async def run_beside_requests() -> AsyncGenerator[None, None]:
        async with BackgroundJobs(await definition.jobs(container)), AsyncExitStack() as reading:
            for consumer in consumers:
                await reading.enter_async_context(consumer)
            yield
        # Only now: the jobs use what the container closes.
        await container.close()

    return app


def run(definition: ServiceDefinition) -> None:
    """The command line of a service that has no other command than to serve."""

    def main() -> None:
        serve_until_stopped(definition)

    main.__doc__ = f"Serve as {definition.title} until SIGTERM or SIGINT."
    typer.run(main)


def serve_until_stopped(definition: ServiceDefinition) -> None:
    """Serve until SIGTERM or SIGINT; one line says what is wrong with the settings, and typer exits with code 2."""
    with explained(usage=(PortTakenError,)):
        asyncio.run(_serve(definition))


async def _serve(definition: ServiceDefinition) -> None:
    container = make_container(definition)
    try:
        settings = await container.get(ServiceSettings)
        configure_logging(definition.name, settings.log_level)
        app = await create_app(definition, container)
        await serve(app, settings.host, settings.port, f"{definition.settings.model_config.get('env_prefix', '')}PORT")
    finally:
        await container.close()
