"""The copy of the rules over a real database, and over one that is away."""

import asyncio
from functools import partial

from pydantic import SecretStr

from services.api_gateway_service.domain import PolicyRule, RateLimitPolicy
from services.api_gateway_service.rules_in_force import RulesInForce, stored_rules
from services.api_gateway_service.tests.gateway import settings_for
from services.api_gateway_service.tests.stored import Rules, opened
from services.api_gateway_service.tests.token_factory import TokenFactory
from services.kit.errors import ServiceUnavailableError
from tests.support.service_database import ServiceDatabase

ROUTE = "GET /v1/files"
# Nobody listens there: the port is reserved.
AWAY = SecretStr("postgresql+asyncpg://api_gateway_app:x@127.0.0.1:9/huleedu_api_gateway")
HOUR = 3600.0


async def test_a_rule_that_was_changed_holds_once_the_copy_is_forgotten(rules: Rules) -> None:
    in_force = RulesInForce(partial(stored_rules, rules.database), HOUR)
    before = await in_force.rule_for(ROUTE, ())
    async with rules.transaction() as repository:
        changed = await repository.put(PolicyRule(ROUTE, "*", 1, 1))
    assert await in_force.rule_for(ROUTE, ()) == before
    in_force.forget()
    assert await in_force.rule_for(ROUTE, ()) == changed


async def test_all_who_wait_for_a_database_that_is_away_end_with_the_one_who_asked_it(
    gateway_database: ServiceDatabase, tokens: TokenFactory
) -> None:
    database = opened(settings_for(gateway_database, "valkey://nowhere", tokens, database_url=AWAY))
    readings = 0

    async def read() -> tuple[RateLimitPolicy, ...]:
        nonlocal readings
        readings += 1
        return await stored_rules(database)

    in_force = RulesInForce(read, HOUR)
    outcomes = await asyncio.gather(*(in_force.rule_for(ROUTE, ()) for _ in range(8)), return_exceptions=True)
    await database.close()
    assert [type(outcome) for outcome in outcomes] == [ServiceUnavailableError] * 8
    assert readings == 1
