"""Which rule limits a request: the most special one, from a copy of the rules that is some seconds old at most."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta

from services.api_gateway_service.domain import ANY, RateLimitPolicy
from services.api_gateway_service.policy_repository_postgres_impl import PostgresPolicyRepository
from services.api_gateway_service.rate_limit import Limit
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database

_READER = Actor(user_id="api_gateway_service", route="rate limits")


def limit_of(policy: RateLimitPolicy) -> Limit:
    """What the rule allows."""
    return Limit(policy.request_limit, timedelta(seconds=policy.period_seconds))


def chosen(policies: Iterable[RateLimitPolicy], route: str, roles: Collection[str]) -> RateLimitPolicy | None:
    """The rule for a user with these roles on this route.

    A rule of the route goes before one of any route, then one of a role before one of any role; of several roles the
    one that allows most counts.
    """
    fitting = (each for each in policies if each.route in {route, ANY} and (each.role == ANY or each.role in roles))
    return max(fitting, key=_rank, default=None)


def _rank(policy: RateLimitPolicy) -> tuple[bool, bool, float]:
    return policy.route != ANY, policy.role != ANY, policy.request_limit / policy.period_seconds


class Policies:
    """The rules, read anew when they are older than `seconds`; whoever comes meanwhile waits for the one who reads."""

    def __init__(self, database: Database, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._seconds = seconds
        self._clock = clock
        self._reading = asyncio.Lock()
        self._rules: tuple[RateLimitPolicy, ...] = ()
        self._stale_at: float | None = None

    async def rule_for(self, route: str, roles: Collection[str]) -> RateLimitPolicy | None:
        """The rule that limits such a request; ServiceUnavailableError if the rules cannot be read."""
        return chosen(await self._current(), route, roles)

    def forget(self) -> None:
        """Read the rules anew next time: one was changed here."""
        self._stale_at = None

    async def _current(self) -> tuple[RateLimitPolicy, ...]:
        async with self._reading:
            if self._stale_at is None or self._clock() >= self._stale_at:
                async with self._database.transaction(_READER) as session:
                    self._rules = await PostgresPolicyRepository(session).all()
                self._stale_at = self._clock() + self._seconds
            return self._rules
