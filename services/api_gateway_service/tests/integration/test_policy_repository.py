"""What the storage of rate limits promises, on a real PostgreSQL."""

import asyncio
from uuid import uuid4

import pytest

from services.api_gateway_service.domain import PolicyRule, RateLimitPolicy
from services.api_gateway_service.tests.stored import Rules
from services.kit.errors import ConflictError, NotFoundError, ValidationFailedError
from services.kit.paging import PageRequest

RULE = PolicyRule("GET /v1/files", "teacher", 10, 60)
ANYTHING = ("*", "*")


async def _stored(rules: Rules, rule: PolicyRule = RULE) -> RateLimitPolicy:
    async with rules.transaction() as repository:
        return await repository.put(rule)


async def _all(rules: Rules) -> dict[tuple[str, str], RateLimitPolicy]:
    async with rules.transaction() as repository:
        return {(each.route, each.role): each for each in await repository.all()}


async def test_a_fresh_database_has_a_rule_for_everything(rules: Rules) -> None:
    stored = await _all(rules)
    assert (stored[ANYTHING].request_limit, stored[ANYTHING].period_seconds) == (600, 60)


async def test_a_rule_is_stored_and_read(rules: Rules) -> None:
    stored = await _stored(rules)
    assert (stored.route, stored.role, stored.request_limit, stored.period_seconds) == (
        "GET /v1/files",
        "teacher",
        10,
        60,
    )
    async with rules.transaction() as repository:
        assert await repository.get(stored.policy_id) == stored


async def test_a_rule_takes_the_place_of_the_one_before(rules: Rules) -> None:
    first = await _stored(rules)
    second = await _stored(rules, PolicyRule("GET /v1/files", "teacher", 20, 30))
    assert (second.policy_id, second.request_limit, second.period_seconds) == (first.policy_id, 20, 30)
    assert second.row_version > first.row_version
    assert (await _all(rules))["GET /v1/files", "teacher"] == second


async def test_of_many_who_put_at_once_one_makes_the_rule(rules: Rules) -> None:
    put = [_stored(rules, PolicyRule("GET /v1/files", "teacher", limit, 60)) for limit in range(1, 9)]
    stored = await asyncio.gather(*put)
    assert {each.policy_id for each in stored} == {stored[0].policy_id}
    last = (await _all(rules))["GET /v1/files", "teacher"]
    assert last == max(stored, key=lambda each: each.row_version)


async def test_what_no_rule_may_be_is_refused(rules: Rules) -> None:
    for wrong in (PolicyRule("*", "x", 0, 60), PolicyRule("*", "x", 1, 0), PolicyRule("x" * 256, "x", 1, 1)):
        with pytest.raises(ValidationFailedError):
            await _stored(rules, wrong)


async def test_whoever_saw_another_version_is_told(rules: Rules) -> None:
    stale = await _stored(rules)
    fresh = await _stored(rules, PolicyRule("GET /v1/files", "teacher", 20, 60))
    async with rules.transaction() as repository:
        with pytest.raises(ConflictError, match="changed meanwhile"):
            await repository.put(RULE, expected_row_version=stale.row_version)
        with pytest.raises(ConflictError, match="changed meanwhile"):
            await repository.delete(stale.policy_id, expected_row_version=stale.row_version)
        assert (await repository.put(RULE, expected_row_version=fresh.row_version)).request_limit == 10


async def test_a_version_of_a_rule_that_is_not_there_is_not_found(rules: Rules) -> None:
    async with rules.transaction() as repository:
        with pytest.raises(NotFoundError):
            await repository.put(RULE, expected_row_version=1)
    assert ("GET /v1/files", "teacher") not in await _all(rules)


async def test_a_rule_is_removed_once(rules: Rules) -> None:
    stored = await _stored(rules)
    async with rules.transaction() as repository:
        assert await repository.delete(stored.policy_id) == stored
        for gone in (repository.get(stored.policy_id), repository.delete(stored.policy_id), repository.get(uuid4())):
            with pytest.raises(NotFoundError):
                await gone


async def test_the_rule_for_everything_stays(rules: Rules) -> None:
    everything = (await _all(rules))[ANYTHING]
    async with rules.transaction() as repository:
        with pytest.raises(ConflictError, match="cannot be removed"):
            await repository.delete(everything.policy_id)
    changed = await _stored(rules, PolicyRule("*", "*", 1, 1))
    assert (changed.policy_id, changed.request_limit) == (everything.policy_id, 1)


async def test_rules_are_listed_page_by_page(rules: Rules) -> None:
    listed: list[RateLimitPolicy] = []
    cursor = None
    while True:
        async with rules.transaction() as repository:
            page = await repository.page(PageRequest.of(1, cursor))
        listed += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert {each.policy_id for each in listed} == {each.policy_id for each in (await _all(rules)).values()}
    assert len(listed) == len(await _all(rules))
