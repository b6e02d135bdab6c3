"""Counts requests in Valkey by one atomic script, and does without for a while where Valkey does not answer.

Without it the gateway keeps serving: what the limits protect is worth less than all that would stand still. Requests
are let through unlimited then, and say so in a header, a metric and the log.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

import structlog
from prometheus_client import Gauge
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from services.api_gateway_service.circuit import Circuit
from services.api_gateway_service.protocols import RateLimiter
from services.api_gateway_service.rate_limit import Decision, Limit

AVAILABLE = Gauge("rate_limiter_available", "1 while requests are counted, 0 while they pass uncounted.")
PREFIX = "rate_limit:"
_SCRIPT = Path(__file__).with_name("rate_limit.lua").read_text(encoding="utf-8")

log = structlog.get_logger(__name__)


class ValkeyRateLimiter(RateLimiter):
    """Asks Valkey, for `timeout` seconds at most; after a failure it is left alone as long as the circuit rests."""

    def __init__(self, valkey: Valkey, circuit: Circuit, timeout: float) -> None:
        self._valkey = valkey
        self._script = valkey.register_script(_SCRIPT)
        self._circuit = circuit
        self._timeout = timeout
        AVAILABLE.set(1)

    async def decide(self, key: str, limit: Limit) -> Decision | None:
        """Whether one more request fits into the limit of what `key` names; None while nobody counts."""
        if not self._circuit.may_try():
            return None
        try:
            async with asyncio.timeout(self._timeout):
                decision = await self._ask(key, limit)
        except (ValkeyError, OSError, TimeoutError) as error:
            self._lost(error)
            return None
        if self._circuit.succeeded():
            AVAILABLE.set(1)
            log.info("rate_limiter_back")
        return decision

    async def check(self) -> None:
        """Return if Valkey answers; ValkeyError if not."""
        await self._valkey.ping()

    async def _ask(self, key: str, limit: Limit) -> Decision:
        arguments = [limit.interval_us, limit.burst_us]
        admitted, wait, clock = await self._script(keys=[f"{PREFIX}{key}"], args=arguments)
        return Decision(bool(admitted), timedelta(microseconds=wait), timedelta(microseconds=clock))

    def _lost(self, error: Exception) -> None:
        if self._circuit.failed():
            AVAILABLE.set(0)
            log.warning("rate_limiter_away", reason=repr(error), policy="requests pass uncounted")
