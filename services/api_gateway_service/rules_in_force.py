"""Which rule limits a request: the most special one, from a copy of the rules that is some seconds old at most."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import timedelta

from services.api_gateway_service.domain import ANY, RateLimitPolicy
from services.api_gateway_service.policy_repository_postgres_impl import PostgresPolicyRepository
from services.api_gateway_service.rate_limit import Limit
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database

_READER = Actor(user_id="api_gateway_service", route="rate limits")
ReadRules = Callable[[], Awaitable[tuple[RateLimitPolicy, ...]]]


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


async def stored_rules(database: Database) -> tuple[RateLimitPolicy, ...]:
    """Every rule; ServiceUnavailableError if they cannot be read."""
    async with database.transaction(_READER) as session:
        return await PostgresPolicyRepository(session).all()


class RulesInForce:
    """The rules, read anew when they are older than `seconds`; whoever comes meanwhile shares what that reading finds.

    Its error is shared as well: if each of them tried again by itself, the last one would wait for all their time-outs.
    """

    def __init__(self, read: ReadRules, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._seconds = seconds
        self._clock = clock
        self._rules: tuple[RateLimitPolicy, ...] = ()
        self._stale_at: float | None = None
        self._generation = 0
        self._reading: asyncio.Task[tuple[RateLimitPolicy, ...]] | None = None

    async def rule_for(self, route: str, roles: Collection[str]) -> RateLimitPolicy | None:
        """The rule that limits such a request; ServiceUnavailableError if the rules cannot be read."""
        return chosen(await self._current(), route, roles)

    def forget(self) -> None:
        """Read the rules anew next time: one was changed here. A reading that began before is not kept."""
        self._generation += 1
        self._stale_at = self._reading = None

    async def _current(self) -> tuple[RateLimitPolicy, ...]:
        if self._stale_at is not None and self._clock() < self._stale_at:
            return self._rules
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_anew(self._generation), name="rate limits")
        # Who goes away takes nothing from the others.
        return await asyncio.shield(self._reading)

    async def _read_anew(self, generation: int) -> tuple[RateLimitPolicy, ...]:
        try:
            rules = await self._read()
            if generation == self._generation:
                self._rules, self._stale_at = rules, self._clock() + self._seconds
            return rules
        finally:
            if generation == self._generation:
                self._reading = None
