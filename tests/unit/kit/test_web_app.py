"""What every service's app answers around its own routes: errors, correlation ids, health, metrics, its description."""

from collections.abc import AsyncIterator
from typing import ClassVar
from uuid import UUID

import pytest
from pydantic import BaseModel
from quart import Quart, abort, request
from quart.typing import TestClientProtocol as Client
from quart_schema import validate_querystring
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.kit.correlation import correlation_id
from services.kit.errors import ConflictError, DomainError, ServiceUnavailableError
from services.kit.web.app import create_app
from services.kit.web.requests import current_actor, current_caller

SECRET = "select secret from hidden_table"
GIVEN = "5f0c2f5e-0f0b-4d8e-9f5e-1a2b3c4d5e6f"


class Query(BaseModel):
    limit: int


class Kinds:
    """The errors that routes of the app under test raise, by name."""

    errors: ClassVar[dict[str, Exception]] = {
        "conflict": ConflictError("it is taken", details={"field": "name"}),
        "away": ServiceUnavailableError("the store is away"),
        "pool": PoolTimeoutError("QueuePool limit"),
        "sql": ProgrammingError(SECRET, {}, Exception(SECRET)),
        "lost": OperationalError(SECRET, {}, Exception(SECRET), connection_invalidated=True),
        "defect": ZeroDivisionError(SECRET),
    }


class Health:
    """A check that fails while it is told to."""

    failing = False

    async def check(self) -> None:
        if self.failing:
            raise ServiceUnavailableError(SECRET)


@pytest.fixture(name="health")
def _health() -> Health:
    return Health()


@pytest.fixture(name="app")
def _app(health: Health) -> Quart:
    app = create_app("sample", "A sample", checks={"database": health.check}, max_body_bytes=1000)

    @app.get("/raise/<kind>")
    async def fail(kind: str) -> str:
        raise Kinds.errors[kind]

    @app.get("/items/<int:item_id>")
    async def item(item_id: int) -> dict[str, str | None]:
        actor = current_actor()
        return {"caller": current_caller().user_id, "route": actor.route, "reason": actor.reason, "item": str(item_id)}

    @app.get("/query")
    @validate_querystring(Query)
    async def query(query_args: Query) -> dict[str, int]:
        return {"limit": query_args.limit}

    @app.get("/correlation")
    async def correlation() -> str:
        return str(correlation_id())

    return app


@pytest.fixture(name="client")
async def _client(app: Quart) -> AsyncIterator[Client]:
    async with app.test_app() as running:
        yield running.test_client()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/raise/conflict", 409, "conflict"),
        ("/raise/away", 503, "unavailable"),
        ("/raise/pool", 503, "unavailable"),
        ("/raise/lost", 503, "unavailable"),
        ("/raise/sql", 500, "internal"),
        ("/raise/defect", 500, "internal"),
        ("/no-such-route", 404, "not_found"),
        ("/query?limit=many", 400, "validation"),
        ("/query", 400, "validation"),
        ("/items/1", 401, "unauthenticated"),
    ],
)
async def test_every_error_has_the_one_shape_and_no_inner_words(
    client: Client, path: str, status: int, code: str
) -> None:
    answer = await client.get(path, headers={"X-Correlation-ID": GIVEN})
    body = await answer.get_json()
    assert answer.status_code == status
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "correlation_id", "details"}
    assert (body["error"]["code"], body["error"]["correlation_id"]) == (code, GIVEN)
    assert SECRET not in await answer.get_data(as_text=True)
    assert ("Retry-After" in answer.headers) == (status == 503)


async def test_details_of_an_error_are_told(client: Client) -> None:
    error = (await (await client.get("/raise/conflict")).get_json())["error"]
    assert (error["message"], error["details"]) == ("it is taken", {"field": "name"})


async def test_a_field_that_is_wrong_is_named(client: Client) -> None:
    error = (await (await client.get("/query?limit=many")).get_json())["error"]
    assert [fault["field"] for fault in error["details"]["fields"]] == ["limit"]


async def test_a_method_that_a_route_does_not_have_says_which_it_has(client: Client) -> None:
    answer = await client.post("/correlation")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    message = (await answer.get_json())["error"]["message"]
    assert message == "POST is not allowed here, but GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/no-such-route", "no such route: see /docs"),
        ("/items/first", "no such route, or an id that is no UUID: /items/<int:item_id> is near"),
    ],
)
async def test_a_path_that_no_route_takes_is_answered_for_who_wrote_it(client: Client, path: str, message: str) -> None:
    answer = await client.get(path)
    assert (await answer.get_json())["error"]["message"] == message


async def test_a_route_that_finds_nothing_is_not_called_missing(app: Quart) -> None:
    @app.get("/nothing")
    async def nothing() -> str:
        abort(404, "it is not there")

    answer = await app.test_client().get("/nothing")
    assert (await answer.get_json())["error"]["message"] == "it is not there"


@pytest.mark.parametrize(
    "path", ["/items//1", "//items//1", "/items/1/", "//evil.test/..//docs", "//evil.test//", "/docs/"]
)
async def test_a_path_that_is_nearly_a_route_leads_nowhere(client: Client, path: str) -> None:
    answer = await client.get(path, headers={"Host": "evil.test", "X-User-ID": "teacher-1"})
    assert (answer.status_code, "Location" in answer.headers) == (404, False)


async def test_a_body_too_large_is_refused(client: Client, app: Quart) -> None:
    @app.post("/body")
    async def body() -> str:
        return str(len(await request.get_data()))

    answer = await client.post("/body", data=b"x" * 1001)
    assert answer.status_code == 413


async def test_a_correlation_id_is_carried_in_and_out(client: Client) -> None:
    answer = await client.get("/correlation", headers={"X-Correlation-ID": GIVEN})
    assert answer.headers["X-Correlation-ID"] == await answer.get_data(as_text=True) == GIVEN


async def test_without_a_correlation_id_each_request_gets_its_own(client: Client) -> None:
    answers = [await client.get("/correlation") for _ in range(2)]
    ids = {UUID(answer.headers["X-Correlation-ID"]) for answer in answers}
    assert {UUID(await answer.get_data(as_text=True)) for answer in answers} == ids
    assert len(ids) == 2


async def test_a_correlation_id_that_is_none_is_refused_and_answered_under_a_new_one(
    client: Client,
) -> None:
    answer = await client.get("/correlation", headers={"X-Correlation-ID": "mine"})
    assert answer.status_code == 400
    assert UUID(answer.headers["X-Correlation-ID"])


async def test_the_actor_knows_the_route_and_never_the_ids_in_it(client: Client) -> None:
    headers = {"X-User-ID": "teacher-1", "X-Change-Reason": " a request of the student "}
    body = await (await client.get("/items/77", headers=headers)).get_json()
    assert body["route"] == "GET /items/<int:item_id>"
    assert (body["caller"], body["reason"]) == ("teacher-1", "a request of the student")


async def test_a_reason_too_long_is_refused(client: Client) -> None:
    headers = {"X-User-ID": "teacher-1", "X-Change-Reason": "x" * 501}
    assert (await client.get("/items/77", headers=headers)).status_code == 400


async def test_health_follows_its_checks_and_says_no_more(client: Client, health: Health) -> None:
    healthy = await client.get("/healthz")
    health.failing = True
    ill = await client.get("/healthz")
    health.failing = False
    assert [answer.status_code for answer in (healthy, ill, await client.get("/healthz"))] == [200, 503, 200]
    assert (await ill.get_json())["checks"] == {"process": "ok", "database": "failed"}
    assert SECRET not in await ill.get_data(as_text=True)


async def test_what_a_service_does_without_is_shown_and_does_not_stop_it(health: Health) -> None:
    app = create_app("sample", "A sample", checks={}, shown={"cache": health.check}, max_body_bytes=1000)
    healthy = await app.test_client().get("/healthz")
    assert (healthy.status_code, (await healthy.get_json())["status"]) == (200, "ok")
    health.failing = True
    ill = await app.test_client().get("/healthz")
    assert ill.status_code == 200
    assert await ill.get_json() == {
        "service": "sample",
        "status": "degraded",
        "checks": {"process": "ok", "cache": "failed"},
    }


async def test_metrics_and_the_description_can_be_read(client: Client) -> None:
    metrics = await client.get("/metrics")
    description = await (await client.get("/openapi.json")).get_json()
    assert "python_info" in await metrics.get_data(as_text=True)
    assert metrics.content_type.startswith("text/plain")
    assert {"/healthz", "/items/{item_id}"} <= set(description["paths"])
    assert (await client.get("/docs")).status_code == 200


def test_an_error_without_a_code_of_its_own_has_its_kinds() -> None:
    assert (ConflictError("x").code, ConflictError("x", code="taken").code) == ("conflict", "taken")
    assert DomainError("x").status == 500
