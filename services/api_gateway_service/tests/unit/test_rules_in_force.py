"""Which of several rules limits a request, and how the copy of the rules is read."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.api_gateway_service.domain import RateLimitPolicy
from services.api_gateway_service.rules_in_force import RulesInForce, chosen
from services.kit.errors import ServiceUnavailableError

ROUTE = "GET /v1/files"
NOW = datetime.now(UTC)


def _policy(route: str, role: str, limit: int, seconds: int = 60) -> RateLimitPolicy:
    return RateLimitPolicy(route, role, limit, seconds, uuid4(), created_at=NOW, updated_at=NOW, row_version=1)


EVERYTHING = _policy("*", "*", 100)
ADMIN = _policy("*", "admin", 1000)
HERE = _policy(ROUTE, "*", 10)
HERE_TEACHER = _policy(ROUTE, "teacher", 5)
HERE_HEAD = _policy(ROUTE, "head", 1, 2)
ELSEWHERE = _policy("GET /v1/other", "teacher", 1)
ALL = (HERE_HEAD, ELSEWHERE, EVERYTHING, HERE, ADMIN, HERE_TEACHER)


@pytest.mark.parametrize(
    ("route", "roles", "expected"),
    [
        ("POST /v1/unknown", set(), EVERYTHING),
        ("POST /v1/unknown", {"admin", "teacher"}, ADMIN),
        (ROUTE, set(), HERE),
        (ROUTE, {"admin"}, HERE),
        (ROUTE, {"teacher"}, HERE_TEACHER),
        (ROUTE, {"teacher", "head"}, HERE_HEAD),
    ],
)
def test_the_most_special_rule_counts_and_of_several_roles_the_one_that_allows_most(
    route: str, roles: set[str], expected: RateLimitPolicy
) -> None:
    assert chosen(ALL, route, roles) is expected


def test_without_any_rule_nothing_is_limited() -> None:
    assert chosen((), ROUTE, {"teacher"}) is None


class Reading:
    """Readings of the rules, each of which takes until a test says what it finds."""

    def __init__(self) -> None:
        self.begun: list[asyncio.Future[tuple[RateLimitPolicy, ...]]] = []

    async def __call__(self) -> tuple[RateLimitPolicy, ...]:
        found: asyncio.Future[tuple[RateLimitPolicy, ...]] = asyncio.get_running_loop().create_future()
        self.begun.append(found)
        return await found


class Clock:
    """Shows what a test sets it to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


Asked = asyncio.Task[RateLimitPolicy | None]


async def _asked(rules: RulesInForce, times: int = 1) -> list[Asked]:
    """So many who ask at once, after all of them have come as far as they can."""
    asked = [asyncio.create_task(rules.rule_for(ROUTE, ())) for _ in range(times)]
    for _ in range(3):
        await asyncio.sleep(0)
    return asked


async def _answers(asked: Sequence[Asked]) -> list[RateLimitPolicy | BaseException | None]:
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_all_who_come_meanwhile_take_what_one_reading_finds() -> None:
    reading = Reading()
    asked = await _asked(RulesInForce(reading, 5.0), times=8)
    reading.begun[0].set_result((EVERYTHING,))
    assert await _answers(asked) == [EVERYTHING] * 8
    assert len(reading.begun) == 1


async def test_all_who_come_meanwhile_take_its_error_and_the_next_one_tries_again() -> None:
    reading, away = Reading(), ServiceUnavailableError("away")
    rules = RulesInForce(reading, 5.0)
    asked = await _asked(rules, times=8)
    reading.begun[0].set_exception(away)
    assert await _answers(asked) == [away] * 8
    assert len(reading.begun) == 1
    later = await _asked(rules)
    reading.begun[1].set_result((EVERYTHING,))
    assert await _answers(later) == [EVERYTHING]


async def test_who_goes_away_takes_nothing_from_the_others() -> None:
    reading = Reading()
    first, second = await _asked(RulesInForce(reading, 5.0), times=2)
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    reading.begun[0].set_result((EVERYTHING,))
    assert await second is EVERYTHING


async def test_rules_are_read_again_when_they_are_old() -> None:
    reading, clock = Reading(), Clock()
    rules = RulesInForce(reading, 5.0, clock)
    first = await _asked(rules)
    reading.begun[0].set_result((EVERYTHING,))
    assert await _answers(first) == [EVERYTHING]
    clock.now = 104.9
    assert await rules.rule_for(ROUTE, ()) is EVERYTHING
    clock.now = 105.0
    second = await _asked(rules)
    reading.begun[1].set_result((HERE,))
    assert await _answers(second) == [HERE]


@pytest.mark.parametrize("last", [0, 1])
async def test_what_is_forgotten_during_a_reading_is_not_brought_back_by_it(last: int) -> None:
    reading = Reading()
    rules = RulesInForce(reading, 5.0)
    before = await _asked(rules)
    rules.forget()
    after = await _asked(rules)
    ends = [(reading.begun[0], EVERYTHING, before), (reading.begun[1], HERE, after)]
    for found, rule, asked in (ends[1 - last], ends[last]):
        found.set_result((rule,))
        assert await _answers(asked) == [rule]
    assert await rules.rule_for(ROUTE, ()) is HERE
    assert len(reading.begun) == 2
