"""What callers see while the database is away, and that it passes without a restart."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest_asyncio

from services.content_service.tests.service import Service, path_of, running_content_service
from tests.support.callers import ANNA
from tests.support.fragile_database import Fragile, fragile_database
from tests.support.service_database import ServiceDatabase


@pytest_asyncio.fixture(name="fragile")
async def _fragile(content_database: ServiceDatabase) -> AsyncIterator[Fragile[Service]]:
    async with (
        fragile_database(content_database) as (database, link),
        running_content_service(database) as service,
    ):
        yield Fragile(service, link)


async def test_while_the_database_is_away_each_route_says_so_and_afterwards_works(fragile: Fragile[Service]) -> None:
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
    await fragile.link.mend()
    assert (await service.get(path)).json() == content
    assert (await service.create(b"while it is away")).status_code == 201
