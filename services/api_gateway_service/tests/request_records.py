"""What the tests of the request log store, and where they find it again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from services.api_gateway_service.domain import AuthOutcome, RequestFilter, RequestRecord
from services.api_gateway_service.request_repository_postgres_impl import PostgresRequestRepository
from services.kit.paging import PageRequest
from services.kit.postgres.database import Database
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run
from tests.support.storage import Storage, opened_database

NOW = datetime.now(UTC)
Requests = Storage[PostgresRequestRepository]


def a_record(**differing: Any) -> RequestRecord:
    """A teacher lists her files."""
    usual = RequestRecord(
        request_id=uuid4(),
        requested_at=NOW,
        method="GET",
        route="/v1/files",
        status=200,
        auth_outcome=AuthOutcome.ACCEPTED,
        duration_us=1234,
        request_bytes=0,
        response_bytes=567,
        user_id="teacher-1",
        session_id=uuid4(),
        rate_limited=False,
        correlation_id=uuid4(),
        upstream="file",
    )
    return replace(usual, **differing)


def some_records(number: int, **differing: Any) -> list[RequestRecord]:
    """One a millisecond, the oldest first."""
    return [a_record(requested_at=NOW + timedelta(milliseconds=n), **differing) for n in range(number)]


@asynccontextmanager
async def opened(url: str, **settings: Any) -> AsyncIterator[Database]:
    """The gateway's database at `url`."""
    database = opened_database("api_gateway", url, **settings)
    try:
        yield database
    finally:
        await database.close()


async def all_stored(requests: Requests, **wanted: Any) -> list[RequestRecord]:
    """What the filter lets through, newest first, page by page."""
    found: list[RequestRecord] = []
    cursor = None
    while True:
        async with requests.transaction() as repository:
            page = await repository.page(RequestFilter(**wanted), PageRequest.of(7, cursor))
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def stored_ids(place: ServiceDatabase) -> list[str]:
    """The ids of all requests, one as often as it is stored."""
    return [str(request_id) for (request_id,) in run(place.superuser_dsn, "SELECT request_id FROM api_requests")]


def partitions(place: ServiceDatabase) -> list[str]:
    """The days that have a partition, as its name says them."""
    children = "SELECT right(relname, 8) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
    return sorted(
        str(day) for (day,) in run(place.superuser_dsn, f"{children} WHERE inhparent = 'api_requests'::regclass")
    )
