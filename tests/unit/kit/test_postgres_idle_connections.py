"""Connections that were lost while idle are replaced unnoticed, and the server is asked only where nobody can know."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.kit.postgres.idle_connections import replace_lost_connections
from tests.support.breakable_link import BreakableLink, breakable_link
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase
from tests.support.sql import HANG_UP, run

NEVER_TRUSTED, ALWAYS_TRUSTED = -1.0, float("inf")


class OpenPool(Protocol):
    """Opens a pool that trusts an idle connection for so many seconds; at the server, or at another port."""

    def __call__(self, seconds_trusted: float, port: int | None = None) -> AsyncEngine: ...


@pytest.fixture(name="place")
def _place(service_database: CreateDatabase) -> ServiceDatabase:
    return service_database("file", migrated=False)


@pytest.fixture(name="link")
async def _link(place: ServiceDatabase) -> AsyncIterator[BreakableLink]:
    address = make_url(place.app_url)
    async with breakable_link(str(address.host), int(address.port or 0)) as link:
        yield link


@pytest.fixture(name="open_pool")
async def _open_pool(place: ServiceDatabase) -> AsyncIterator[OpenPool]:
    engines: list[AsyncEngine] = []

    def opened(seconds_trusted: float, port: int | None = None) -> AsyncEngine:
        url = make_url(place.app_url)
        engines.append(create_async_engine(url.set(port=port or url.port), connect_args={"command_timeout": 0.5}))
        replace_lost_connections(engines[-1].sync_engine, seconds_trusted)
        return engines[-1]

    yield opened
    for engine in engines:
        await engine.dispose()


async def _backend(connection: AsyncConnection) -> int:
    return int(await connection.scalar(text("SELECT pg_backend_pid()")) or 0)


async def _next_backend(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await _backend(connection)


async def _three_backends(engine: AsyncEngine) -> set[int]:
    async with engine.connect() as one, engine.connect() as two, engine.connect() as three:
        return {await _backend(connection) for connection in (one, two, three)}


@pytest.mark.parametrize("seconds_trusted", [NEVER_TRUSTED, ALWAYS_TRUSTED])
async def test_a_connection_that_is_not_lost_is_used_again(open_pool: OpenPool, seconds_trusted: float) -> None:
    engine = open_pool(seconds_trusted)
    assert await _next_backend(engine) == await _next_backend(engine)


@pytest.mark.parametrize("seconds_trusted", [NEVER_TRUSTED, ALWAYS_TRUSTED])
async def test_after_a_restart_of_the_server_every_connection_is_replaced(
    open_pool: OpenPool, place: ServiceDatabase, seconds_trusted: float
) -> None:
    engine = open_pool(seconds_trusted)
    before = await _three_backends(engine)
    # In a thread, so that meanwhile the driver hears what the server tells it.
    await asyncio.to_thread(run, place.superuser_dsn, HANG_UP)
    after = await _three_backends(engine)
    assert (len(after), before & after) == (3, set())


async def test_who_was_idle_for_long_is_asked_even_if_the_driver_has_not_heard_of_its_end(
    open_pool: OpenPool, place: ServiceDatabase
) -> None:
    engine = open_pool(NEVER_TRUSTED)
    before = await _three_backends(engine)
    # Not in a thread: the driver hears nothing.
    run(place.superuser_dsn, HANG_UP)
    after = await _three_backends(engine)
    assert (len(after), before & after) == (3, set())


async def test_who_was_idle_for_a_moment_is_not_asked(open_pool: OpenPool, place: ServiceDatabase) -> None:
    engine = open_pool(ALWAYS_TRUSTED)
    before = await _next_backend(engine)
    run(place.superuser_dsn, HANG_UP)
    with pytest.raises(DBAPIError):
        await _next_backend(engine)
    assert await _next_backend(engine) != before


async def test_a_link_that_fell_silent_is_not_waited_for_longer_than_the_limit(
    open_pool: OpenPool, link: BreakableLink
) -> None:
    engine = open_pool(NEVER_TRUSTED, link.port)
    before = await _next_backend(engine)
    link.silence()
    async with asyncio.timeout(30):
        with pytest.raises(TimeoutError):
            await _next_backend(engine)
    await link.mend()
    assert await _next_backend(engine) != before
