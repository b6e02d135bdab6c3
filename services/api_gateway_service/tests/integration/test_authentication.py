"""Each way in which a request can fail to say who asks: one shape, a code of its own, and the outcome in its record."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.api_gateway_service.domain import AuthOutcome
from services.api_gateway_service.tests.gateway import Gateway
from services.api_gateway_service.tests.token_factory import TokenFactory, bearer
from tests.support.sql import run

YESTERDAY, TOMORROW = (datetime.now(UTC) + days * timedelta(days=1) for days in (-1, 1))
PLACE = "/v1/sessions"


async def _refused(gateway: Gateway, headers: dict[str, str]) -> AuthOutcome:
    answer = await gateway.client.get(PLACE, headers=headers)
    error = answer.json()["error"]
    record = gateway.last()
    assert answer.status_code == record.status == 401
    assert set(error) == {"code", "message", "correlation_id", "details"}
    assert error["code"] == f"token_{record.auth_outcome}"
    assert error["correlation_id"] == str(record.correlation_id) == answer.headers["X-Correlation-ID"]
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert (record.user_id, record.session_id) == (None, None)
    return record.auth_outcome


async def test_each_refusal_has_its_own_code_and_is_recorded(gateway: Gateway, tokens: TokenFactory) -> None:
    wrong: dict[AuthOutcome, dict[str, Any]] = {
        AuthOutcome.EXPIRED: {"exp": YESTERDAY},
        AuthOutcome.NOT_YET_VALID: {"nbf": TOMORROW},
        AuthOutcome.WRONG_AUDIENCE: {"aud": "another"},
        AuthOutcome.WRONG_ISSUER: {"iss": "another"},
        AuthOutcome.NO_SUBJECT: {"sub": ""},
        AuthOutcome.NO_TOKEN_ID: {"jti": None},
        AuthOutcome.MALFORMED: {"exp": "soon"},
    }
    for outcome, claims in wrong.items():
        assert await _refused(gateway, tokens.headers(**claims)) is outcome
    assert await _refused(gateway, {}) is AuthOutcome.MISSING
    assert await _refused(gateway, {"Authorization": "Basic YTpi"}) is AuthOutcome.MALFORMED
    assert await _refused(gateway, bearer(tokens.token()[:-8] + "AAAAAAAA")) is AuthOutcome.BAD_SIGNATURE
    assert run(gateway.database.app_url, "SELECT count(*) FROM user_sessions") == [(0,)]


async def test_who_is_let_in_is_recorded_with_their_session(gateway: Gateway) -> None:
    answer = await gateway.ask("POST", PLACE)
    record = gateway.last()
    assert (record.auth_outcome, record.user_id) == (AuthOutcome.ACCEPTED, "anna")
    assert str(record.session_id) == answer.json()["session_id"]
    assert (record.route, record.method, record.upstream) == (PLACE, "POST", None)
    assert record.response_bytes == len(answer.content)


async def test_activity_is_noted_once_in_a_while(gateway: Gateway) -> None:
    headers = gateway.tokens.headers()
    await gateway.client.post(PLACE, headers=headers)
    last_activity = "SELECT last_activity_at > now() - interval '1 hour' FROM user_sessions"
    run(gateway.database.app_url, "UPDATE user_sessions SET last_activity_at = now() - interval '2 hours'")
    assert run(gateway.database.app_url, last_activity) == [(False,)]
    await gateway.client.get(PLACE, headers=headers)
    assert run(gateway.database.app_url, last_activity) == [(True,)]
    versions = "SELECT xmin::text FROM user_sessions"
    before = run(gateway.database.app_url, versions)
    await gateway.client.get(PLACE, headers=headers)
    assert run(gateway.database.app_url, versions) == before


@pytest.mark.parametrize("device", ["", "x" * 600, "Ünïcode"])
async def test_any_user_agent_is_stored_as_far_as_it_fits(gateway: Gateway, device: str) -> None:
    answer = await gateway.ask("POST", PLACE, headers={"User-Agent": device.encode("latin-1")})
    assert answer.status_code == 201
    assert answer.json()["device"] == (device[:512] or None)
