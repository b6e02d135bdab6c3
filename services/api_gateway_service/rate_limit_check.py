"""Holds each request of a user against the rule for its route and their roles."""

import structlog
from prometheus_client import Counter

from services.api_gateway_service.protocols import RateLimiter
from services.api_gateway_service.rules_in_force import RulesInForce, limit_of
from services.kit.errors import TooManyRequestsError
from services.kit.identity import Caller

DECISIONS = Counter(
    "rate_limit_decisions_total", "Requests held against a limit, by what became of them.", ("outcome",)
)

log = structlog.get_logger(__name__)


class RateLimitCheck:
    """One counter for each user and rule: a rule of any route is one budget for all routes without their own."""

    def __init__(self, rules: RulesInForce, limiter: RateLimiter) -> None:
        self._rules = rules
        self._limiter = limiter

    async def admit(self, caller: Caller, route: str) -> bool:
        """Whether the request was counted: while nobody counts it passes. TooManyRequestsError if it is too much."""
        rule = await self._rules.rule_for(route, caller.roles)
        if rule is None:
            return True
        decision = await self._limiter.decide(f"{rule.policy_id}:{caller.user_id}", limit_of(rule))
        if decision is None:
            DECISIONS.labels("uncounted").inc()
            return False
        DECISIONS.labels("admitted" if decision.admitted else "refused").inc()
        if not decision.admitted:
            raise TooManyRequestsError(
                f"the limit is used up: {rule.request_limit} at once, and as many again evenly over"
                f" {rule.period_seconds} s; come back in {decision.retry_after} s",
                retry_after=decision.retry_after,
                details={"route": rule.route, "role": rule.role, "limit": rule.request_limit},
            )
        return True
