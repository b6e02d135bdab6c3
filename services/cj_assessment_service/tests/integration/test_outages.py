"""What callers see while the database is away, that it passes without a restart, and that no answer is lost."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest_asyncio

from services.cj_assessment_service.tests.service import (
    Service,
    batch_question,
    judgement,
    running_service,
    with_key,
)
from tests.support.callers import ANNA
from tests.support.fragile_database import Fragile, fragile_database
from tests.support.postgres import CreateDatabase


@pytest_asyncio.fixture(name="fragile")
async def fragile_fixture(service_database: CreateDatabase) -> AsyncIterator[Fragile[Service]]:
    async with (
        fragile_database(service_database("cj_assessment")) as (database, link),
        running_service(database) as service,
    ):
        yield Fragile(service, link)


async def test_while_the_database_is_away_each_route_says_so_and_afterwards_works(fragile: Fragile[Service]) -> None:
    service, client = fragile.service, fragile.service.client
    batch = await service.batch(essays=2)
    (comparison,) = await service.pairs(batch, 1)
    path = f"/v1/cj/batches/{batch['batch_id']}"
    await fragile.link.cut()
    attempts = [
        await client.post("/v1/cj/batches", json=batch_question(), headers=with_key(ANNA)),
        await client.get(path, headers=ANNA),
        await client.get(f"{path}/ranking", headers=ANNA),
        await client.post(f"{path}/comparisons", json={}, headers=with_key(ANNA)),
        await client.post("/v1/cj/judgements", json=judgement(comparison), headers=ANNA),
        await client.get(f"/v1/cj/anchor-essays/{uuid4()}", headers=ANNA),
        await client.get("/v1/cj/assessment-configs", headers=ANNA),
    ]
    for response in attempts:
        assert (response.status_code, response.json()["error"]["code"]) == (503, "unavailable")
        assert "Retry-After" in response.headers
    await fragile.link.mend()
    assert (await service.judged(comparison))["winner"] is not None
    assert (await service.read(path))["comparisons_completed"] == 1
