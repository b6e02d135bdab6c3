"""What passes through the gateway to another service, what does not, and what comes back."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from deploy.local.valkey import Valkey
from services.api_gateway_service.domain import AuthOutcome
from services.api_gateway_service.request_facts import NO_ROUTE
from services.api_gateway_service.tests.gateway import Gateway, running_gateway, settings_for
from services.api_gateway_service.tests.scripted_upstream import (
    Asked,
    Receive,
    ScriptedUpstream,
    Send,
    answer,
    scripted_upstream,
)
from services.api_gateway_service.tests.token_factory import TokenFactory
from tests.support.service_database import ServiceTemplates

FILE = f"/v1/files/{uuid4()}"


@pytest_asyncio.fixture(name="shared_upstream", scope="module", loop_scope="session")
async def _shared_upstream() -> AsyncIterator[ScriptedUpstream]:
    async with scripted_upstream() as upstream:
        yield upstream


@pytest_asyncio.fixture(name="shared_gateway", scope="module", loop_scope="session")
async def _shared_gateway(
    service_templates: ServiceTemplates, valkey_server: Valkey, tokens: TokenFactory, shared_upstream: ScriptedUpstream
) -> AsyncIterator[Gateway]:
    """A gateway whose file and content services are the scripted one, and whose others are away."""
    database = service_templates.create("api_gateway")
    places = {"file_service_url": shared_upstream.url, "content_service_url": shared_upstream.url}
    settings = settings_for(database, valkey_server.url, tokens, max_request_bytes=100_000, **places)
    async with running_gateway(settings, database, tokens) as running:
        yield running
    service_templates.drop(database)


@pytest.fixture(name="upstream")
def _upstream(shared_upstream: ScriptedUpstream) -> ScriptedUpstream:
    """The scripted service, which was asked nothing yet."""
    shared_upstream.forget()
    return shared_upstream


@pytest.fixture(name="gateway")
def _gateway(shared_gateway: Gateway) -> Gateway:
    """The gateway, which has recorded nothing yet."""
    shared_gateway.requests.records.clear()
    return shared_gateway


async def test_the_token_alone_says_who_asks(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    claimed = [("X-User-ID", "root"), ("x-user-id", "bert"), ("X-User-Roles", "admin"), ("X-User-Anything", "x")]
    headers = [*gateway.tokens.headers("anna", "teacher", "head").items(), *claimed]
    assert (await gateway.client.get(FILE, headers=headers)).status_code == 200
    (asked,) = upstream.asked
    assert asked.header("x-user-id") == ["anna"]
    assert asked.header("x-user-roles") == ["head,teacher"]
    assert asked.header("x-user-anything") == []


async def test_who_has_no_role_has_none_whatever_is_claimed(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    await gateway.ask("GET", FILE, headers={"X-User-Roles": "admin"})
    assert upstream.asked[0].header("x-user-roles") == []


async def test_no_header_takes_away_what_the_gateway_says(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    connection = {"Connection": "X-User-ID, x-user-roles, X-Correlation-ID"}
    answered = await gateway.ask("GET", FILE, "anna", "teacher", headers=connection)
    (asked,) = upstream.asked
    assert asked.header("x-user-id") == ["anna"]
    assert asked.header("x-user-roles") == ["teacher"]
    assert asked.header("x-correlation-id") == [answered.headers["X-Correlation-ID"]]


async def test_the_action_keeps_its_id_through_the_gateway(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    given = str(uuid4())
    answers = [await gateway.ask("GET", FILE, headers={"X-Correlation-ID": given}), await gateway.ask("GET", FILE)]
    passed_on = [asked.header("x-correlation-id") for asked in upstream.asked]
    assert passed_on == [[given], [answers[1].headers["X-Correlation-ID"]]]
    assert [str(record.correlation_id) for record in gateway.requests.records] == [given, passed_on[1][0]]


async def test_an_id_of_an_action_that_is_none_goes_no_further(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    refused = await gateway.ask("GET", FILE, headers={"X-Correlation-ID": "x"})
    assert refused.status_code == 400
    assert str(gateway.last().correlation_id) == refused.json()["error"]["correlation_id"]
    assert upstream.asked == []


async def test_secrets_and_what_belongs_to_one_connection_stay_here(
    gateway: Gateway, upstream: ScriptedUpstream
) -> None:
    kept = {"Connection": "keep-alive, X-Of-This-Hop", "X-Of-This-Hop": "1", "TE": "trailers", "Cookie": "a=b"}
    kept |= {"Upgrade": "h2c", "Keep-Alive": "5", "Forwarded": "for=1.2.3.4", "X-Forwarded-For": "1.2.3.4"}
    kept |= {"X-Forwarded-Host": "evil", "X-Real-IP": "1.2.3.4", "Proxy-Authorization": "x", "Host": "evil"}
    passed = {"Accept": "text/plain", "Accept-Encoding": "br", "If-Match": '"3"', "X-Change-Reason": "a reason"}
    passed |= {"User-Agent": "a browser", "X-Anything": "Grüße".encode("latin-1").decode("latin-1")}
    encoded = {name: value.encode("latin-1") for name, value in (kept | passed).items()}
    assert (await gateway.ask("GET", FILE, headers=encoded)).status_code == 200
    (asked,) = upstream.asked
    arrived = {name for name, _ in asked.headers}
    assert not arrived & ({name.lower() for name in kept} - {"host"} | {"authorization", "remote-addr"})
    assert asked.header("host") == [upstream.url.removeprefix("http://")]
    assert {name: asked.header(name.lower()) for name in passed} == {name: [value] for name, value in passed.items()}


async def test_the_answer_comes_back_as_it_is(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    async def teapot(_asked: Asked, _receive: Receive, send: Send) -> None:
        headers = [("content-type", "application/x-tea"), ("content-encoding", "none"), ("etag", '"7"')]
        headers += [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("connection", "x-hop"), ("x-hop", "1")]
        await answer(send, 418, b"\x00\xff short and stout", headers)

    upstream.behaviour = teapot
    got = await gateway.ask("GET", FILE)
    assert (got.status_code, got.content) == (418, b"\x00\xff short and stout")
    assert (got.headers["Content-Type"], got.headers["ETag"]) == ("application/x-tea", '"7"')
    assert got.headers.get_list("Set-Cookie") == ["a=1", "b=2"]
    assert not {"x-hop", "connection"} & set(got.headers)
    assert len(got.headers.get_list("date")) <= 1


async def test_an_answer_without_a_type_is_given_none(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    async def nothing(_asked: Asked, _receive: Receive, send: Send) -> None:
        await answer(send, 204)

    upstream.behaviour = nothing
    got = await gateway.ask("DELETE", FILE)
    assert (got.status_code, got.content, "Content-Type" in got.headers) == (204, b"", False)


async def test_a_request_is_recorded_by_its_template_and_its_bytes(
    gateway: Gateway, upstream: ScriptedUpstream
) -> None:
    await gateway.ask("POST", f"/v1/batches/{uuid4()}/files", content=b"12345")
    assert upstream.asked[0].body == [b"12345"]
    record = gateway.last()
    assert (record.method, record.route, record.status) == ("POST", "/v1/batches/{batch_id}/files", 200)
    assert (record.request_bytes, record.response_bytes, record.upstream) == (5, 2, "file")
    assert (record.auth_outcome, record.user_id, record.rate_limited) == (AuthOutcome.ACCEPTED, "anna", False)
    assert record.session_id is not None
    assert record.duration_us > 0


@pytest.mark.parametrize(
    ("path", "passed_on"),
    [
        ("/v1/files?batch_id=1&filename_contains=a%26b%3D%2F+c&x=%FF", None),
        ("/v1/files?a=[1]&b='\"<>|^`{}", "/v1/files?a=[1]&b='%22%3C%3E%7C%5E%60%7B%7D"),
        ("/v1/files?" + "é", "/v1/files?%C3%A9"),
        ("/v1/contents/a%20b%3Fc%23d%25", None),
        ("/v1/contents/a;b,c:d@e", "/v1/contents/a%3Bb%2Cc%3Ad%40e"),
    ],
)
async def test_paths_and_queries_arrive_as_they_were_meant(
    gateway: Gateway, upstream: ScriptedUpstream, path: str, passed_on: str | None
) -> None:
    assert (await gateway.ask("GET", path)).status_code == 200
    assert [asked.target for asked in upstream.asked] == [passed_on or path]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/nowhere",
        "/v2/files",
        "/healthz/x",
        "/v1/contents/%2e%2e",
        "/v1/contents/%2e",
        "/v1/contents/%2e%2e%2f%2e%2e%2fmetrics",
        "/v1/contents/..%2fmetrics",
        "/v1/files/no-uuid",
        "/v1/files/" + "%00",
        "/openapi.json/../v1/nowhere",
    ],
)
async def test_what_is_not_in_the_table_is_not_passed_on(
    gateway: Gateway, upstream: ScriptedUpstream, path: str
) -> None:
    answered = await gateway.ask("GET", path)
    assert (answered.status_code, answered.json()["error"]["code"]) == (404, "not_found")
    assert upstream.asked == []
    assert gateway.last().status == 404
    assert path not in gateway.last().route


async def test_neither_is_another_method(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    for method in ("PUT", "OPTIONS", "TRACE", "CONNECT", "PATCH"):
        assert (await gateway.ask(method, FILE)).status_code == 405
    assert upstream.asked == []
    assert gateway.last().route == NO_ROUTE


async def test_head_asks_as_get_does(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    assert (await gateway.ask("HEAD", FILE)).status_code == 200
    assert upstream.asked[0].method == "HEAD"
    assert gateway.last().method == "HEAD"


async def test_nobody_without_a_token_gets_through(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    refused = await gateway.client.get(FILE, headers={"X-User-ID": "anna"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token_missing")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert upstream.asked == []
    record = gateway.last()
    assert (record.route, record.auth_outcome) == ("/v1/files/{file_id}", AuthOutcome.MISSING)
    assert (record.user_id, record.session_id, record.upstream) == (None, None, None)


async def test_what_the_platform_asks_for_itself_is_not_recorded(gateway: Gateway) -> None:
    await gateway.client.get("/healthz")
    await gateway.client.get("/metrics")
    assert gateway.requests.records == []
    await gateway.client.get("/openapi.json")
    assert (gateway.last().route, gateway.last().auth_outcome) == (NO_ROUTE, AuthOutcome.ANONYMOUS)


async def test_a_request_that_is_too_large_is_refused(gateway: Gateway) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 10_000

    for body in (b"x" * 100_001, chunks()):
        refused = await gateway.ask("POST", f"/v1/batches/{uuid4()}/files", content=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "payload_too_large")
