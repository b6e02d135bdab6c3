"""The storage of requests: appended in one go, each once, and read newest first."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.api_gateway_service.domain import AuthOutcome, RequestFilter, RequestRecord
from services.api_gateway_service.request_repository_postgres_impl import PostgresRequestRepository
from services.api_gateway_service.tests.request_records import (
    NOW,
    Requests,
    a_record,
    all_stored,
    opened,
    some_records,
    stored_ids,
)
from services.kit.errors import ConflictError, ValidationFailedError
from services.kit.paging import PageRequest
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase

YESTERDAY = timedelta(days=1)


@pytest.fixture(name="place")
def _place(service_database: CreateDatabase) -> ServiceDatabase:
    return service_database("api_gateway")


@pytest.fixture(name="requests")
async def _requests(place: ServiceDatabase) -> AsyncIterator[Requests]:
    """The storage, with a partition for yesterday, today and tomorrow."""
    async with opened(place.app_url) as database:
        storage = Requests(database, PostgresRequestRepository)
        async with storage.transaction() as repository:
            await repository.create_partitions((NOW - YESTERDAY).date(), (NOW + YESTERDAY).date())
        yield storage


async def append(requests: Requests, *records: RequestRecord, missing: bool = False) -> None:
    async with requests.transaction() as repository:
        await (repository.append_missing(records) if missing else repository.append(records))


@pytest.mark.parametrize("missing", [False, True])
async def test_what_is_appended_is_read_as_it_was(requests: Requests, missing: bool) -> None:
    full = a_record(rate_limited=True, status=429, route="/v1/files/{file_id}", user_id="ö" * 255)
    bare = a_record(
        requested_at=NOW - YESTERDAY, user_id=None, session_id=None, upstream=None, auth_outcome=AuthOutcome.MISSING
    )
    await append(requests, bare, full, missing=missing)
    assert await all_stored(requests) == [full, bare]


async def test_to_append_nothing_stores_nothing(requests: Requests) -> None:
    await append(requests)
    assert await all_stored(requests) == []


async def test_a_record_that_is_there_refuses_the_whole_append(requests: Requests, place: ServiceDatabase) -> None:
    there, other = a_record(), a_record()
    await append(requests, there)
    with pytest.raises(ConflictError):
        await append(requests, other, there)
    assert stored_ids(place) == [str(there.request_id)]


async def test_of_records_some_of_which_are_there_the_others_are_stored(requests: Requests) -> None:
    records = some_records(5)
    await append(requests, *records[:3])
    await append(requests, *records, missing=True)
    assert await all_stored(requests) == records[::-1]


async def test_the_same_records_from_several_at_once_are_stored_once(requests: Requests) -> None:
    records = some_records(50)
    await asyncio.gather(*(append(requests, *records, missing=True) for _ in range(4)))
    assert await all_stored(requests) == records[::-1]


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize(
    "wrong",
    [
        {"status": 99},
        {"status": 600},
        {"duration_us": -1},
        {"request_bytes": -1},
        {"response_bytes": -1},
        {"user_id": None},
        {"auth_outcome": "guessed"},
        {"route": "a" * 256},
        {"user_id": "a\0b"},
        {"requested_at": NOW - timedelta(days=300)},
    ],
    ids=",".join,
)
async def test_a_record_that_cannot_be_refuses_the_whole_append(
    requests: Requests, wrong: dict[str, Any], missing: bool
) -> None:
    with pytest.raises(ValidationFailedError):
        await append(requests, a_record(), a_record(**wrong), missing=missing)
    assert await all_stored(requests) == []


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("wrong", [{"status": 70_000}, {"duration_us": 1 << 63}, {"user_id": "\ud800"}], ids=str)
async def test_a_value_that_no_driver_can_send_is_told_from_an_outage(
    requests: Requests, wrong: dict[str, Any], missing: bool
) -> None:
    with pytest.raises(ValidationFailedError):
        await append(requests, a_record(), a_record(**wrong), missing=missing)
    assert await all_stored(requests) == []


async def test_pages_go_on_where_the_last_one_ended_though_newer_requests_come_in(requests: Requests) -> None:
    records = some_records(5) + [a_record(requested_at=NOW - YESTERDAY, request_id=UUID(int=n)) for n in range(3)]
    await append(requests, *records)
    async with requests.transaction() as repository:
        first = await repository.page(RequestFilter(), PageRequest.of(6))
    await append(requests, a_record(requested_at=NOW + timedelta(hours=1)))
    async with requests.transaction() as repository:
        second = await repository.page(RequestFilter(), PageRequest.of(6, first.next_cursor))
    newest_first = sorted(records, key=lambda record: (record.requested_at, record.request_id), reverse=True)
    assert [*first.items, *second.items] == newest_first
    assert second.next_cursor is None


async def test_each_filter_shows_what_it_names_and_they_narrow_one_another(requests: Requests) -> None:
    old = a_record(requested_at=NOW - YESTERDAY, route="/v1/old")
    failed = a_record(status=503, upstream="content")
    refused = a_record(status=401, user_id=None, session_id=None, upstream=None)
    await append(requests, old, failed, refused)
    assert await all_stored(requests, until=NOW) == [old]
    assert {record.status for record in await all_stored(requests, since=NOW)} == {503, 401}
    assert await all_stored(requests, route="/v1/old") == [old]
    assert await all_stored(requests, status_class=5) == [failed]
    assert await all_stored(requests, status_class=4) == [refused]
    assert await all_stored(requests, user_id="teacher-1", since=NOW) == [failed]
    assert await all_stored(requests, upstream="content") == [failed]
    assert await all_stored(requests, upstream="content", status_class=2) == []
