"""What callers see while the database is away, and that it passes without a restart."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import pytest_asyncio
from sqlalchemy import make_url

from services.content_service.tests.service import Service, path_of, running_content_service
from tests.support.breakable_link import BreakableLink, breakable_link
from tests.support.callers import ANNA
from tests.support.service_database import ServiceDatabase


@dataclass(frozen=True)
class Fragile:
    """A service whose database can be taken away."""

    service: Service
    link: BreakableLink


@pytest_asyncio.fixture(name="fragile")
async def _fragile(content_database: ServiceDatabase) -> AsyncIterator[Fragile]:
    address = make_url(content_database.app_url)
    async with breakable_link(str(address.host), int(address.port or 0)) as link:
        url = address.set(host="127.0.0.1", port=link.port).render_as_string(hide_password=False)
        limits = {"database_connect_timeout": 1.0, "database_statement_timeout": 1.0, "database_pool_timeout": 1.0}
        async with running_content_service(content_database, database_url=url, **limits) as service:
            yield Fragile(service, link)


async def test_while_the_database_is_away_each_route_says_so_and_afterwards_works(fragile: Fragile) -> None:
    service = fragile.service
    content, other = await service.stored(), await service.stored()
    path = path_of(content)
    await fragile.link.cut()
    attempts = [
        await service.create(b"while it is away"),
        await service.get("/v1/contents"),
        await service.get(path),
        await service.get(f"{path}/bytes"),
        await service.client.put(f"{path}/bytes", content=b"new", headers=ANNA),
        await service.client.delete(path, headers=ANNA),
        await service.client.post(f"{path}/restore", headers=ANNA),
        await service.client.post(f"{path}/tags", json={"name": "x"}, headers=ANNA),
        await service.client.delete(f"{path}/tags/{uuid4()}", headers=ANNA),
        await service.get("/v1/tags"),
        await service.relate(content, other, "derived_from"),
        await service.get(f"{path}/relations"),
        await service.get(f"{path}/descendants"),
    ]
    for response in attempts:
        assert (response.status_code, response.json()["error"]["code"]) == (503, "unavailable")
        assert "Retry-After" in response.headers
    assert (await service.client.get("/healthz")).status_code == 503
    await fragile.link.mend()
    assert (await service.get(path)).json() == content
    assert (await service.create(b"while it is away")).status_code == 201
    assert (await service.client.get("/healthz")).status_code == 200


async def test_a_database_that_falls_silent_under_load_is_not_waited_for_longer_than_the_limits(
    fragile: Fragile,
) -> None:
    content = await fragile.service.stored()
    fragile.link.silence()
    # The limits of the settings above, not a measure of speed: without them the requests would never end.
    async with asyncio.timeout(30):
        responses = await asyncio.gather(*(fragile.service.get(path_of(content)) for _ in range(15)))
    assert {response.status_code for response in responses} == {503}
