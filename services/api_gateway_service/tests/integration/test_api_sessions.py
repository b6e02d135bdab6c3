"""Sessions over HTTP: they open with the first request of a token, and end at once when they are revoked."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.api_gateway_service.domain import AuthOutcome
from services.api_gateway_service.session_cleaning import delete_expired_sessions
from services.api_gateway_service.tests.gateway import Gateway
from services.api_gateway_service.tests.token_factory import bearer
from services.kit.postgres.database import Database
from tests.support.sql import run


async def _opened(gateway: Gateway, token: str) -> str:
    answer = await gateway.client.post("/v1/sessions", headers=bearer(token))
    assert answer.status_code in {200, 201}, answer.text
    return str(answer.json()["session_id"])


async def test_the_first_request_of_a_token_opens_its_session_and_the_second_finds_it(gateway: Gateway) -> None:
    headers = {**gateway.tokens.headers(), "User-Agent": "a browser"}
    first, second = [await gateway.client.post("/v1/sessions", headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    session = first.json()
    assert (session["user_id"], session["device"], session["ip"]) == ("anna", "a browser", "127.0.0.1")
    assert session["revoked_at"] is None
    assert "jti" not in session


async def test_any_first_request_opens_the_session(gateway: Gateway) -> None:
    headers = gateway.tokens.headers()
    listed = (await gateway.client.get("/v1/sessions", headers=headers)).json()["sessions"]
    assert [each["user_id"] for each in listed] == ["anna"]


async def test_parallel_first_requests_open_one_session(gateway: Gateway) -> None:
    headers = gateway.tokens.headers()
    answers = await asyncio.gather(*(gateway.client.post("/v1/sessions", headers=headers) for _ in range(8)))
    assert {answer.json()["session_id"] for answer in answers} == {answers[0].json()["session_id"]}
    assert run(gateway.database.app_url, "SELECT count(*) FROM user_sessions") == [(1,)]


async def test_a_revoked_session_is_refused_with_its_next_request(gateway: Gateway) -> None:
    ended, other = gateway.tokens.token(), gateway.tokens.token()
    session_id = await _opened(gateway, ended)
    first = await gateway.client.delete(f"/v1/sessions/{session_id}", headers=bearer(other))
    again = await gateway.client.delete(f"/v1/sessions/{session_id}", headers=bearer(other))
    assert (first.json(), again.json()) == ({"revoked": True}, {"revoked": False})
    refused = await gateway.client.get("/v1/sessions", headers=bearer(ended))
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token_revoked")
    assert gateway.last().auth_outcome is AuthOutcome.REVOKED
    assert (await gateway.client.get("/v1/sessions", headers=bearer(other))).is_success


@pytest.mark.parametrize("shown_first", [True, False])
async def test_a_token_renewed_under_its_id_stays_revoked_for_as_long_as_it_lives(
    gateway: Gateway, shown_first: bool
) -> None:
    now = datetime.now(UTC)
    first, renewed = [gateway.tokens.token(jti="one", exp=now + hours * timedelta(hours=1)) for hours in (1, 5)]
    session_id = await _opened(gateway, first)
    if shown_first:
        assert await _opened(gateway, renewed) == session_id
    await gateway.client.delete(f"/v1/sessions/{session_id}", headers=bearer(first))
    assert (await gateway.client.get("/v1/sessions", headers=bearer(renewed))).status_code == 401
    # Hours later the first one has expired, and its session would be forgotten.
    run(gateway.database.app_url, "UPDATE user_sessions SET expires_at = expires_at - interval '4 hours'")
    assert await delete_expired_sessions(await gateway.container.get(Database), timedelta(0)) == 0
    refused = await gateway.client.get("/v1/sessions", headers=bearer(renewed))
    assert refused.json()["error"]["code"] == "token_revoked"


async def test_who_revokes_all_sessions_ends_the_own_one_too(gateway: Gateway) -> None:
    tokens = [gateway.tokens.token() for _ in range(3)]
    for token in tokens:
        await _opened(gateway, token)
    bert = gateway.tokens.token("bert")
    await _opened(gateway, bert)
    ended = await gateway.client.delete("/v1/sessions", headers=bearer(tokens[0]))
    assert ended.json() == {"revoked": 3}
    refused = [await gateway.client.get("/v1/sessions", headers=bearer(token)) for token in tokens]
    assert [answer.status_code for answer in refused] == [401, 401, 401]
    assert (await gateway.client.get("/v1/sessions", headers=bearer(bert))).is_success


async def test_a_list_comes_page_by_page_and_shows_active_sessions_alone(gateway: Gateway) -> None:
    tokens = [gateway.tokens.token() for _ in range(4)]
    opened = [await _opened(gateway, token) for token in tokens]
    await gateway.client.delete(f"/v1/sessions/{opened[1]}", headers=bearer(tokens[0]))
    shown: list[str] = []
    cursor: dict[str, str | int] = {}
    while True:
        answer = await gateway.client.get("/v1/sessions", params=cursor | {"limit": 2}, headers=bearer(tokens[0]))
        shown += [each["session_id"] for each in answer.json()["sessions"]]
        if answer.json()["next_cursor"] is None:
            break
        cursor = {"cursor": answer.json()["next_cursor"]}
    assert shown == [opened[0], opened[2], opened[3]]


async def test_an_admin_sees_and_ends_the_sessions_of_a_user(gateway: Gateway) -> None:
    anna = gateway.tokens.token()
    session_id = await _opened(gateway, anna)
    listed = await gateway.ask("GET", "/v1/sessions?user_id=anna", "root", "admin")
    assert [each["session_id"] for each in listed.json()["sessions"]] == [session_id]
    assert (await gateway.ask("GET", f"/v1/sessions/{session_id}", "root", "admin")).json()["user_id"] == "anna"
    assert (await gateway.ask("DELETE", "/v1/sessions?user_id=anna", "root", "admin")).json() == {"revoked": 1}
    assert (await gateway.client.get("/v1/sessions", headers=bearer(anna))).status_code == 401


async def test_the_sessions_of_another_are_not_there(gateway: Gateway) -> None:
    session_id = await _opened(gateway, gateway.tokens.token())
    asked = [("GET", f"/v1/sessions/{session_id}"), ("DELETE", f"/v1/sessions/{session_id}")]
    asked += [("GET", "/v1/sessions?user_id=anna"), ("DELETE", "/v1/sessions?user_id=anna")]
    asked += [("GET", f"/v1/sessions/{uuid4()}"), ("DELETE", f"/v1/sessions/{uuid4()}")]
    answers = [await gateway.ask(method, path, "bert") for method, path in asked]
    assert [answer.status_code for answer in answers] == [404] * len(asked)
    assert run(gateway.database.app_url, "SELECT revoked_at FROM user_sessions WHERE user_id = 'anna'") == [(None,)]


async def test_bad_questions_are_named(gateway: Gateway) -> None:
    for query in ("limit=0", "limit=x", "cursor=x", "user_id=", "user_id=%00", "colour=red"):
        answer = await gateway.ask("GET", f"/v1/sessions?{query}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "validation"), query


async def test_an_id_of_a_token_that_another_user_has_is_refused(gateway: Gateway) -> None:
    await gateway.client.post("/v1/sessions", headers=gateway.tokens.headers("anna", jti="the-same"))
    answer = await gateway.client.post("/v1/sessions", headers=gateway.tokens.headers("bert", jti="the-same"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "token_malformed")
