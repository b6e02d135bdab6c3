"""Which of several rules limits a request."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.api_gateway_service.domain import RateLimitPolicy
from services.api_gateway_service.policies import chosen

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
