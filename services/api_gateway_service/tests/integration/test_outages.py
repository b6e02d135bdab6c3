"""What callers see while the database or Valkey is away, and that it passes without a restart."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio

from deploy.local.valkey import Valkey
from services.api_gateway_service.domain import AuthOutcome
from services.api_gateway_service.tests.gateway import Gateway, running_gateway, settings_for
from services.api_gateway_service.tests.token_factory import TokenFactory, bearer
from tests.support.breakable_link import LOOPBACK, BreakableLink, breakable_link
from tests.support.fragile_database import fragile_database
from tests.support.service_database import ServiceDatabase


@dataclass(frozen=True)
class Fragile:
    """A gateway whose database and Valkey can be taken away."""

    gateway: Gateway
    database_link: BreakableLink
    valkey_link: BreakableLink


@pytest_asyncio.fixture(name="fragile")
async def _fragile(gateway_database: ServiceDatabase, valkey: Valkey, tokens: TokenFactory) -> AsyncIterator[Fragile]:
    async with (
        fragile_database(gateway_database) as (database, database_link),
        breakable_link(LOOPBACK, valkey.port) as valkey_link,
    ):
        valkey_url = f"valkey://:{valkey.password}@{LOOPBACK}:{valkey_link.port}/0"
        settings = settings_for(database, valkey_url, tokens, valkey_retry_interval=1e-6)
        async with running_gateway(settings, database, tokens) as gateway:
            yield Fragile(gateway, database_link, valkey_link)


async def test_while_the_database_is_away_nobody_is_let_in_and_afterwards_they_are(fragile: Fragile) -> None:
    gateway, headers = fragile.gateway, fragile.gateway.tokens.headers()
    assert (await gateway.client.post("/v1/sessions", headers=headers)).status_code == 201
    await fragile.database_link.cut()
    paths = ("/v1/sessions", "/v1/rate-limits", "/v1/files")
    answers = await asyncio.gather(*(gateway.client.get(path, headers=headers) for path in paths for _ in range(5)))
    for answer in answers:
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    assert {record.auth_outcome for record in gateway.requests.records[1:]} == {AuthOutcome.UNDECIDED}
    await fragile.database_link.mend()
    assert (await gateway.client.post("/v1/sessions", headers=headers)).status_code == 200


async def test_a_refused_token_is_refused_even_then(fragile: Fragile) -> None:
    await fragile.database_link.cut()
    assert (await fragile.gateway.client.get("/v1/sessions", headers=bearer("x"))).status_code == 401


async def test_while_valkey_is_away_requests_pass_uncounted_and_say_so(fragile: Fragile) -> None:
    gateway = fragile.gateway
    rule = {"route": "GET /v1/sessions", "role": "*", "request_limit": 1, "period_seconds": 3600}
    await gateway.ask("PUT", "/v1/rate-limits", "root", "admin", json=rule)
    before = [await gateway.ask("GET", "/v1/sessions") for _ in range(2)]
    assert [answer.status_code for answer in before] == [200, 429]
    assert all("X-RateLimit-Status" not in answer.headers for answer in before)
    await fragile.valkey_link.cut()
    meanwhile = await asyncio.gather(*(gateway.ask("GET", "/v1/sessions") for _ in range(5)))
    assert [answer.status_code for answer in meanwhile] == [200] * 5
    assert {answer.headers["X-RateLimit-Status"] for answer in meanwhile} == {"uncounted"}
    health = await gateway.client.get("/healthz")
    assert (health.status_code, health.json()["status"], health.json()["checks"]["valkey"]) == (
        200,
        "degraded",
        "failed",
    )
    assert 'rate_limit_decisions_total{outcome="uncounted"}' in (await gateway.client.get("/metrics")).text
    await fragile.valkey_link.mend()
    assert (await gateway.ask("GET", "/v1/sessions")).status_code == 429
    assert (await gateway.client.get("/healthz")).json()["status"] == "ok"
