"""The log of requests over HTTP: for admins, by what they name, page by page, and filled by the gateway itself."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest

from services.api_gateway_service.domain import RequestRecord
from services.api_gateway_service.request_partitions import RequestPartitions
from services.api_gateway_service.request_repository_postgres_impl import PostgresRequestRepository
from services.api_gateway_service.tests.gateway import Gateway
from services.api_gateway_service.tests.request_records import NOW, Requests, a_record, some_records
from services.kit.postgres.database import Database

LIST = "/v1/requests"
AS_ADMIN = ("root", "admin")


async def stored(gateway: Gateway, *records: RequestRecord) -> None:
    await (await gateway.container.get(RequestPartitions)).keep()
    storage = Requests(await gateway.container.get(Database), PostgresRequestRepository)
    async with storage.transaction() as requests:
        await requests.append(records)


async def listed(gateway: Gateway, **wanted: object) -> list[UUID]:
    answer = await gateway.ask("GET", f"{LIST}?{urlencode(wanted)}", *AS_ADMIN)
    assert answer.status_code == 200, answer.text
    return [UUID(each["request_id"]) for each in answer.json()["requests"]]


async def test_an_admin_reads_requests_newest_first_and_page_by_page(gateway: Gateway) -> None:
    records = some_records(5)
    await stored(gateway, *records)
    first = (await gateway.ask("GET", f"{LIST}?limit=3", *AS_ADMIN)).json()
    second = (await gateway.ask("GET", f"{LIST}?limit=3&cursor={first['next_cursor']}", *AS_ADMIN)).json()
    found = [UUID(each["request_id"]) for each in first["requests"] + second["requests"]]
    assert found == [record.request_id for record in reversed(records)]
    assert second["next_cursor"] is None
    newest = first["requests"][0]
    assert (newest["route"], newest["duration_us"], newest["auth_outcome"]) == ("/v1/files", 1234, "accepted")


async def test_requests_are_found_by_time_route_status_user_and_service(gateway: Gateway) -> None:
    early = a_record()
    late = a_record(
        requested_at=NOW + timedelta(seconds=1),
        route="/v1/sessions",
        status=503,
        user_id="bert",
        upstream="content",
    )
    await stored(gateway, early, late)
    for wanted in (
        {"since": late.requested_at.isoformat()},
        {"route": "/v1/sessions"},
        {"status_class": 5},
        {"user_id": "bert"},
        {"upstream": "content"},
    ):
        assert await listed(gateway, **wanted) == [late.request_id]
    assert await listed(gateway, until=late.requested_at.isoformat()) == [early.request_id]
    assert await listed(gateway, user_id="bert", status_class=2) == []


async def test_nobody_but_an_admin_reads_them(gateway: Gateway) -> None:
    assert (await gateway.ask("GET", LIST, "anna", "teacher")).status_code == 403
    assert (await gateway.client.get(LIST)).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": "yesterday"},
        {"since": "2026-11-23T12:00:00"},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"status_class": 6},
        {"limit": 0},
        {"route": "a\0b"},
        {"cursor": "nonsense"},
        {"ip": "127.0.0.1"},
    ],
    ids=str,
)
async def test_what_makes_no_sense_is_named(gateway: Gateway, wrong: dict[str, object]) -> None:
    answer = await gateway.ask("GET", f"{LIST}?{urlencode(wrong)}", *AS_ADMIN)
    assert answer.status_code == 400
    (name,) = wrong
    assert name in answer.json()["error"]["message"]
