"""Rate limits over HTTP: for admins, and in force with the next request."""

from uuid import uuid4

from services.api_gateway_service.domain import AuthOutcome
from services.api_gateway_service.tests.gateway import Gateway

LIST = "/v1/rate-limits"
RULE = {"route": "GET /v1/sessions", "role": "teacher", "request_limit": 1, "period_seconds": 3600}
AS_ADMIN = ("root", "admin")


async def test_a_rule_is_stored_read_listed_and_removed(gateway: Gateway) -> None:
    stored = await gateway.ask("PUT", LIST, *AS_ADMIN, json=RULE)
    assert stored.status_code == 200, stored.text
    rule, place = stored.json(), f"{LIST}/{stored.json()['policy_id']}"
    assert {name: rule[name] for name in RULE} == RULE
    read = await gateway.ask("GET", place, *AS_ADMIN)
    assert (read.json(), read.headers["ETag"]) == (rule, stored.headers["ETag"])
    assert rule in (await gateway.ask("GET", LIST, *AS_ADMIN)).json()["policies"]
    assert (await gateway.ask("DELETE", place, *AS_ADMIN)).json() == rule
    assert (await gateway.ask("DELETE", place, *AS_ADMIN)).status_code == 404
    assert (await gateway.ask("GET", place, *AS_ADMIN)).status_code == 404


async def test_a_rule_holds_with_the_next_request(gateway: Gateway) -> None:
    await gateway.ask("PUT", LIST, *AS_ADMIN, json=RULE)
    answers = [await gateway.ask("GET", "/v1/sessions", "anna", "teacher") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    refused = answers[1]
    assert refused.json()["error"]["code"] == "too_many_requests"
    assert refused.json()["error"]["details"] == {"route": "GET /v1/sessions", "role": "teacher", "limit": 1}
    assert 3599 <= int(refused.headers["Retry-After"]) <= 3600
    record = gateway.last()
    assert (record.status, record.rate_limited, record.auth_outcome) == (429, True, AuthOutcome.ACCEPTED)
    assert (await gateway.ask("GET", "/v1/sessions", "bert", "teacher")).status_code == 200
    assert (await gateway.ask("GET", "/v1/sessions", "anna")).status_code == 200


async def test_if_match_lets_a_change_through_only_if_nobody_was_faster(gateway: Gateway) -> None:
    stored = await gateway.ask("PUT", LIST, *AS_ADMIN, json=RULE)
    seen = {"If-Match": stored.headers["ETag"]}
    assert (await gateway.ask("PUT", LIST, *AS_ADMIN, json=RULE | {"request_limit": 2}, headers=seen)).is_success
    late = await gateway.ask("PUT", LIST, *AS_ADMIN, json=RULE | {"request_limit": 3}, headers=seen)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "row_version")
    place = f"{LIST}/{stored.json()['policy_id']}"
    assert (await gateway.ask("DELETE", place, *AS_ADMIN, headers=seen)).status_code == 409


async def test_the_rule_for_everything_cannot_be_removed(gateway: Gateway) -> None:
    rules = (await gateway.ask("GET", LIST, *AS_ADMIN)).json()["policies"]
    (everything,) = (each for each in rules if (each["route"], each["role"]) == ("*", "*"))
    answer = await gateway.ask("DELETE", f"{LIST}/{everything['policy_id']}", *AS_ADMIN)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "default_policy")


async def test_what_is_no_rule_is_named(gateway: Gateway) -> None:
    wrong: list[tuple[dict[str, object], str]] = [
        ({"route": "GET /v1/nowhere"}, "GET /v1/nowhere"),
        ({"route": "*\0"}, "route"),
        ({"request_limit": 0}, "request_limit"),
        ({"request_limit": 10**10}, "request_limit"),
        ({"period_seconds": 10**10}, "period_seconds"),
        ({"role": ""}, "role"),
        ({"colour": "red"}, "colour"),
    ]
    for change, told in wrong:
        answer = await gateway.ask("PUT", LIST, *AS_ADMIN, json=RULE | change)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "validation")
        assert told in answer.json()["error"]["message"]
    assert (await gateway.ask("PUT", LIST, *AS_ADMIN, content=b"no json")).status_code == 400
    assert (await gateway.ask("PUT", LIST, *AS_ADMIN, json=RULE, headers={"If-Match": "x"})).status_code == 400


async def test_nobody_but_an_admin_comes_near(gateway: Gateway) -> None:
    place = f"{LIST}/{uuid4()}"
    for method, path in (("GET", LIST), ("PUT", LIST), ("GET", place), ("DELETE", place)):
        answer = await gateway.ask(method, path, "anna", "teacher", headers={"X-User-Roles": "admin"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
        assert (await gateway.client.request(method, path)).status_code == 401
