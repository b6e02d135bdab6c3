"""Every record is stored once: whatever becomes of connections, of other records, and of the log itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.api_gateway_service.domain import RequestRecord
from services.api_gateway_service.request_log import BatchedRequestLog, Limits
from services.api_gateway_service.request_storing import RequestStoring
from services.api_gateway_service.tests.request_records import (
    NOW,
    a_record,
    opened,
    partitions,
    some_records,
    stored_ids,
)
from tests.support.breakable_link import BreakableLink
from tests.support.fragile_database import fragile_database
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run

AT_ONCE = 0.01
NEVER = 3600.0
COPIES = {"service": "api_gateway", "operation": "copy", "table": "api_requests", "outcome": "ok"}


@pytest.fixture(name="place")
def _place(service_database: CreateDatabase) -> ServiceDatabase:
    return service_database("api_gateway")


@asynccontextmanager
async def running_log(url: str, **limits: Any) -> AsyncIterator[BatchedRequestLog]:
    settings = {"batch_size": 10, "flush_interval": AT_ONCE, **limits}
    async with opened(url) as database, BatchedRequestLog(RequestStoring(database), Limits(**settings)) as log:
        yield log


@asynccontextmanager
async def fragile_log(place: ServiceDatabase, **limits: Any) -> AsyncIterator[tuple[BatchedRequestLog, BreakableLink]]:
    async with fragile_database(place) as (reached, link), running_log(reached.app_url, **limits) as log:
        yield log, link


def take(log: BatchedRequestLog, records: list[RequestRecord]) -> list[str]:
    for record in records:
        log.record(record)
    return sorted(str(record.request_id) for record in records)


async def until(condition: Callable[[], bool]) -> None:
    """Return once it holds; the test's own time-out ends what never comes."""
    while not condition():  # noqa: ASYNC110  # what PostgreSQL has stored sets no event here
        await asyncio.sleep(0.01)


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("request_log_records_total", {"outcome": outcome}) or 0.0


def failures() -> float:
    return REGISTRY.get_sample_value("request_log_failed_writes_total") or 0.0


def copies() -> float:
    return REGISTRY.get_sample_value("db_queries_total", COPIES) or 0.0


async def test_a_full_batch_is_stored_without_waiting_and_the_rest_when_the_log_ends(place: ServiceDatabase) -> None:
    before, stored = copies(), counted("stored")
    async with running_log(place.app_url, flush_interval=NEVER) as log:
        expected = take(log, some_records(25))
        await until(lambda: len(stored_ids(place)) == 20)
    assert sorted(stored_ids(place)) == expected
    assert copies() == before + 3
    assert counted("stored") == stored + 25


async def test_a_record_alone_is_stored_after_a_while(place: ServiceDatabase) -> None:
    async with running_log(place.app_url) as log:
        expected = take(log, [a_record()])
        await until(lambda: stored_ids(place) == expected)


async def test_a_day_without_partition_gets_one(place: ServiceDatabase) -> None:
    assert partitions(place) == []
    async with running_log(place.app_url) as log:
        expected = take(log, [a_record(), a_record(requested_at=NOW - timedelta(days=3))])
    assert sorted(stored_ids(place)) == expected
    assert len(partitions(place)) == 2


async def test_a_partition_that_vanished_is_made_anew(place: ServiceDatabase) -> None:
    async with running_log(place.app_url) as log:
        take(log, [a_record()])
        await until(lambda: len(stored_ids(place)) == 1)
        run(place.migrator_url, f"DROP TABLE api_requests_{partitions(place)[0]}")
        expected = take(log, [a_record()])
    assert stored_ids(place) == expected


async def test_while_the_database_is_away_records_wait_and_then_are_stored_once(place: ServiceDatabase) -> None:
    async with fragile_log(place) as (log, link):
        expected = take(log, some_records(5))
        await until(lambda: len(stored_ids(place)) == 5)
        await link.cut()
        before = failures()
        expected += take(log, some_records(25))
        await until(lambda: failures() >= before + 2)
        await link.mend()
        await until(lambda: len(stored_ids(place)) == 30)
    assert sorted(stored_ids(place)) == sorted(expected)


async def test_a_batch_whose_commit_was_not_confirmed_is_stored_once(place: ServiceDatabase) -> None:
    stored = counted("stored")
    async with fragile_log(place) as (log, link):
        first = take(log, [a_record()])
        await until(lambda: stored_ids(place) == first)
        committing = link.lose_answers_from(b"COMMIT")
        expected = take(log, some_records(10))
        await committing.wait()
        await until(lambda: len(stored_ids(place)) == 11)
        before = failures()
        await link.cut()
        await until(lambda: failures() > before)
        await link.mend()
    assert sorted(stored_ids(place)) == sorted(first + expected)
    assert counted("stored") == stored + 11


async def test_a_batch_whose_transaction_was_cut_off_is_stored_once(place: ServiceDatabase) -> None:
    async with fragile_log(place) as (log, link):
        first = take(log, [a_record()])
        await until(lambda: stored_ids(place) == first)
        copying = link.lose_answers_from(b"COPY")
        expected = take(log, some_records(10))
        await copying.wait()
        await link.cut()
        await link.mend()
    assert sorted(stored_ids(place)) == sorted(first + expected)


async def test_what_does_not_fit_is_dropped_and_counted_and_what_did_is_stored(place: ServiceDatabase) -> None:
    async with fragile_log(place, queue_limit=12) as (log, link):
        await link.cut()
        before, dropped = failures(), counted("dropped")
        expected = take(log, some_records(10))
        await until(lambda: failures() > before)
        expected += take(log, some_records(2))
        take(log, some_records(5))
        assert counted("dropped") == dropped + 5
        await link.mend()
        await until(lambda: len(stored_ids(place)) == 12)
        expected += take(log, some_records(3))
    assert sorted(stored_ids(place)) == sorted(expected)


async def test_a_record_that_cannot_be_stored_is_refused_and_keeps_no_other_from_it(place: ServiceDatabase) -> None:
    stored, refused = counted("stored"), counted("refused")
    async with running_log(place.app_url) as log:
        expected = take(log, some_records(4))
        take(log, [a_record(user_id="a\0b"), a_record(requested_at=NOW + timedelta(days=4000)), a_record(status=1)])
        expected += take(log, some_records(4))
    assert sorted(stored_ids(place)) == sorted(expected)
    assert counted("stored") == stored + 8
    assert counted("refused") == refused + 3


async def test_what_the_database_does_not_take_before_the_end_is_lost_and_counted(place: ServiceDatabase) -> None:
    lost = counted("lost")
    async with fragile_log(place, seconds_to_stop=0.1) as (log, link):
        await link.cut()
        take(log, some_records(15))
    assert counted("lost") == lost + 15
    assert stored_ids(place) == []


async def test_the_end_does_not_wait_for_the_next_try(place: ServiceDatabase) -> None:
    async with fragile_log(place, seconds_to_stop=60.0) as (log, link):
        await link.cut()
        before = failures()
        expected = take(log, some_records(3))
        await until(lambda: failures() >= before + 3)
        tried = failures()
        ending = asyncio.create_task(log.__aexit__(None, None, None))
        await until(lambda: failures() > tried)
        await link.mend()
        await ending
        assert sorted(stored_ids(place)) == expected
