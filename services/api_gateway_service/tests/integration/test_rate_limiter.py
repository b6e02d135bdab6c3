"""How requests are counted in a real Valkey: exactly, together, and not at all while it is away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from valkey.asyncio import Valkey as Client
from valkey.exceptions import ValkeyError

from deploy.local.valkey import Valkey
from services.api_gateway_service.circuit import Circuit
from services.api_gateway_service.rate_limit import Decision, Limit
from services.api_gateway_service.rate_limiter_valkey_impl import PREFIX, ValkeyRateLimiter
from tests.support.breakable_link import LOOPBACK, BreakableLink, breakable_link

HOUR = timedelta(hours=1)
PATIENT = 30.0


def _client(server: Valkey, port: int | None = None) -> Client:
    return Client(host=LOOPBACK, port=port or server.port, password=server.password, socket_timeout=PATIENT)


def _limiter(client: Client, *, rest: float = 3600.0, timeout: float = PATIENT) -> ValkeyRateLimiter:
    return ValkeyRateLimiter(client, Circuit(rest), timeout)


@pytest_asyncio.fixture(name="limiter")
async def _one_limiter(valkey: Valkey) -> AsyncIterator[ValkeyRateLimiter]:
    async with _client(valkey) as client:
        yield _limiter(client)


async def _decided(limiter: ValkeyRateLimiter, key: str, limit: Limit) -> Decision:
    decision = await limiter.decide(key, limit)
    assert decision is not None
    return decision


async def test_a_limit_is_admitted_at_once_and_no_more(limiter: ValkeyRateLimiter) -> None:
    decisions = [await _decided(limiter, "anna", Limit(3, HOUR)) for _ in range(5)]
    assert [decision.admitted for decision in decisions] == [True, True, True, False, False]
    assert (await _decided(limiter, "bert", Limit(3, HOUR))).admitted


async def test_a_burst_through_two_replicas_admits_exactly_the_limit(valkey: Valkey) -> None:
    async with _client(valkey) as one, _client(valkey) as other:
        replicas = (_limiter(one), _limiter(other))
        asked = [_decided(replicas[n % 2], "anna", Limit(50, HOUR)) for n in range(150)]
        decisions = await asyncio.gather(*asked)
    assert sum(decision.admitted for decision in decisions) == 50


async def test_whoever_comes_back_in_time_is_admitted_and_a_moment_before_not(
    limiter: ValkeyRateLimiter, valkey: Valkey
) -> None:
    limit = Limit(4, timedelta(milliseconds=800))
    decisions = [await _decided(limiter, "anna", limit) for _ in range(5)]
    refused = decisions[-1]
    assert not refused.admitted
    due = refused.decided_at + refused.wait
    async with _client(valkey) as client:
        while (decision := await _decided(limiter, "anna", limit)).decided_at < due:
            assert not decision.admitted
            assert decision.decided_at + decision.wait == due
            await client.time()
    assert decision.admitted


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=st.integers(1, 6), period_us=st.integers(1, 6000), tries=st.integers(1, 40))
async def test_it_decides_as_a_ledger_of_each_request_would(
    limiter: ValkeyRateLimiter, requests: int, period_us: int, tries: int
) -> None:
    limit, key = Limit(requests, timedelta(microseconds=period_us)), uuid4().hex
    paid_off = 0
    for decision in [await _decided(limiter, key, limit) for _ in range(tries)]:
        now = decision.decided_at // timedelta(microseconds=1)
        next_one = max(paid_off, now) + limit.interval_us
        wait = max(0, next_one - limit.burst_us - now)
        assert (decision.admitted, decision.wait) == (wait == 0, timedelta(microseconds=wait))
        paid_off = next_one if decision.admitted else paid_off


async def test_a_limit_that_was_lowered_locks_nobody_out_for_longer_than_its_period(limiter: ValkeyRateLimiter) -> None:
    for _ in range(100):
        await _decided(limiter, "anna", Limit(100, HOUR))
    lowered = Limit(1, timedelta(seconds=10))
    assert (await _decided(limiter, "anna", lowered)).wait == lowered.period


async def test_a_counter_is_gone_once_it_says_nothing_any_more(limiter: ValkeyRateLimiter, valkey: Valkey) -> None:
    await _decided(limiter, "anna", Limit(2, timedelta(seconds=100)))
    async with _client(valkey) as client:
        assert 0 < await client.pttl(f"{PREFIX}anna") <= 50_000


@pytest_asyncio.fixture(name="link")
async def _link(valkey: Valkey) -> AsyncIterator[BreakableLink]:
    async with breakable_link(LOOPBACK, valkey.port) as link:
        yield link


def _available() -> float | None:
    return REGISTRY.get_sample_value("rate_limiter_available")


async def test_while_valkey_is_away_nobody_counts_and_afterwards_it_is_asked_again(
    valkey: Valkey, link: BreakableLink
) -> None:
    limit = Limit(2, HOUR)
    async with _client(valkey, link.port) as client:
        limiter = _limiter(client, rest=1e-6)
        assert (await _decided(limiter, "anna", limit)).admitted
        await link.cut()
        assert [await limiter.decide("anna", limit) for _ in range(3)] == [None, None, None]
        assert _available() == 0
        await link.mend()
        assert [(await _decided(limiter, "anna", limit)).admitted for _ in range(2)] == [True, False]
        assert _available() == 1


async def test_it_is_left_alone_while_the_circuit_rests(valkey: Valkey, link: BreakableLink) -> None:
    async with _client(valkey, link.port) as client:
        limiter = _limiter(client)
        await link.cut()
        assert await limiter.decide("anna", Limit(2, HOUR)) is None
        await link.mend()
        assert await limiter.decide("anna", Limit(2, HOUR)) is None
    async with _client(valkey) as direct:
        assert await direct.keys() == []


async def test_a_valkey_that_says_nothing_is_waited_for_no_longer_than_the_time_out(
    valkey: Valkey, link: BreakableLink
) -> None:
    limit = Limit(2, HOUR)
    async with _client(valkey, link.port) as client:
        limiter = _limiter(client, rest=1e-6, timeout=0.1)
        assert (await _decided(limiter, "anna", limit)).admitted
        link.silence()
        async with asyncio.timeout(PATIENT / 2):
            assert await asyncio.gather(*(limiter.decide("anna", limit) for _ in range(4))) == [None] * 4
        await link.mend()
        patient = _limiter(client, rest=1e-6)
        # What was given up is not taken for the answer to a later question.
        assert (await _decided(patient, "bert", Limit(1, HOUR))).admitted
        assert not (await _decided(patient, "bert", Limit(1, HOUR))).admitted


async def test_a_password_that_is_refused_is_no_reason_to_stop(valkey: Valkey) -> None:
    async with Client(host=LOOPBACK, port=valkey.port, password="wrong") as client:
        assert await _limiter(client).decide("anna", Limit(1, HOUR)) is None


async def test_the_check_tells_whether_it_answers(valkey: Valkey, link: BreakableLink) -> None:
    async with _client(valkey, link.port) as client:
        limiter = _limiter(client)
        await limiter.check()
        await link.cut()
        with pytest.raises((ValkeyError, OSError)):
            await limiter.check()
