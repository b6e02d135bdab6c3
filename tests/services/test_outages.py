"""What callers of any service see while its database is away, and that it passes without a restart."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
import pytest_asyncio

from deploy.local.valkey import Valkey
from services.registry import SERVICES, Service
from tests.services.fragile_services import FragileService, fragile_services
from tests.services.surroundings import surroundings_in
from tests.support.service_database import ServiceTemplates

LOAD = 20
# Beyond what the settings let a request wait: for a slow machine that answers many of them at once.
SLACK_SECONDS = 20.0

Fragile = Mapping[str, FragileService]


@pytest_asyncio.fixture(name="fragile", scope="module", loop_scope="session")
async def _fragile(
    service_templates: ServiceTemplates, valkey_server: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Fragile]:
    databases = {service.name: service_templates.create(service.name) for service in SERVICES}
    surroundings = surroundings_in(tmp_path_factory.mktemp("fragile"), valkey_server.url)
    async with fragile_services(databases, surroundings) as services:
        yield services
    for database in databases.values():
        service_templates.drop(database)


def _within_the_limits(*services: FragileService) -> asyncio.Timeout:
    return asyncio.timeout(max(service.longest_wait for service in services) + SLACK_SECONDS)


async def _loaded(*services: FragileService) -> list[httpx.Response]:
    """The answers to many requests at once, to all these services."""
    async with _within_the_limits(*services):
        return await asyncio.gather(*(service.rows() for service in services for _ in range(LOAD)))


async def _cut_under_load(service: FragileService) -> list[httpx.Response]:
    """The first answer that each of many callers gets which is no success, after the link was cut."""
    served = asyncio.Event()

    async def ask_until_refused() -> httpx.Response:
        while (answer := await service.rows()).is_success:
            served.set()
        return answer

    async with _within_the_limits(service):
        callers = [asyncio.create_task(ask_until_refused()) for _ in range(LOAD)]
        await served.wait()
        await service.link.cut()
        return await asyncio.gather(*callers)


def _assert_outage(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.json().keys() == {"error"}
    error = answer.json()["error"]
    assert error.keys() == {"code", "message", "correlation_id", "details"}
    assert error["code"] == "unavailable"
    assert error["correlation_id"] == answer.headers["X-Correlation-ID"]
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_database_cut_off_under_load_is_503_for_all_and_comes_back_without_a_restart(
    each_service: Service, fragile: Fragile
) -> None:
    service = fragile[each_service.name]
    for answer in await _cut_under_load(service) + await _loaded(service):
        _assert_outage(answer)
    assert await service.health() == 503
    await service.link.mend()
    assert [answer.status_code for answer in await _loaded(service)] == [200] * LOAD
    assert await service.health() == 200


async def test_a_silent_database_is_waited_for_no_longer_than_the_limits_and_comes_back_without_a_restart(
    fragile: Fragile,
) -> None:
    """All services at once: each of them waits for some seconds."""
    for service in fragile.values():
        assert (await service.rows()).status_code == 200
        service.link.silence()
    for answer in await _loaded(*fragile.values()):
        _assert_outage(answer)
    for service in fragile.values():
        await service.link.mend()
    assert {answer.status_code for answer in await _loaded(*fragile.values())} == {200}
