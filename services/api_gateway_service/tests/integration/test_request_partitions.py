"""A day's partition is made ahead by whoever comes first and dropped when it is over; more the service may not do."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from services.api_gateway_service.request_partitions import RequestPartitions
from services.api_gateway_service.request_repository_postgres_impl import PostgresRequestRepository
from services.api_gateway_service.tests.request_records import Requests, a_record, all_stored, opened, partitions
from services.kit.errors import ServiceUnavailableError, ValidationFailedError
from services.kit.postgres.database import Database
from tests.support.database_clock import put_clock_ahead
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run

TODAY = datetime.now(UTC).date()
MONTH = timedelta(days=30)
FIRST_PARTITION = "(SELECT inhrelid FROM pg_inherits WHERE inhparent = 'api_requests'::regclass LIMIT 1)"


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def named(*offsets: int) -> list[str]:
    return [day(offset).strftime("%Y%m%d") for offset in offsets]


@pytest.fixture(name="place")
def _place(service_database: CreateDatabase) -> ServiceDatabase:
    return service_database("api_gateway")


@pytest.fixture(name="database")
async def _database(place: ServiceDatabase) -> AsyncIterator[Database]:
    async with opened(place.app_url) as database:
        yield database


@pytest.fixture(name="requests")
def _requests(database: Database) -> Requests:
    return Requests(database, PostgresRequestRepository)


async def create(requests: Requests, first: int, last: int) -> int:
    async with requests.transaction() as repository:
        return await repository.create_partitions(day(first), day(last))


async def drop(requests: Requests, before: int) -> int:
    async with requests.transaction() as repository:
        return await repository.drop_partitions(day(before))


async def store(requests: Requests, *moments: datetime) -> None:
    async with requests.transaction() as repository:
        await repository.append([a_record(requested_at=moment) for moment in moments])


async def test_partitions_are_made_for_the_days_that_lack_one(requests: Requests, place: ServiceDatabase) -> None:
    assert await create(requests, 0, 0) == 1
    assert await create(requests, -1, 2) == 3
    assert await create(requests, -1, 2) == 0
    assert partitions(place) == named(-1, 0, 1, 2)


async def test_several_replicas_that_make_the_same_at_once_make_it_once(
    requests: Requests, place: ServiceDatabase
) -> None:
    assert sum(await asyncio.gather(*(create(requests, 0, 3) for _ in range(8)))) == 4
    assert partitions(place) == named(0, 1, 2, 3)


async def test_a_day_begins_and_ends_at_midnight_in_utc(requests: Requests, place: ServiceDatabase) -> None:
    run(place.superuser_dsn, f"ALTER DATABASE {place.name} SET timezone = 'Pacific/Kiritimati'")
    await create(requests, 0, 0)
    midnight = datetime.combine(TODAY, datetime.min.time(), UTC)
    await store(requests, midnight, midnight + timedelta(days=1, microseconds=-1))
    for outside in (midnight - timedelta(microseconds=1), midnight + timedelta(days=1)):
        with pytest.raises(ValidationFailedError):
            await store(requests, outside)


async def test_partitions_are_made_while_others_read_and_insert(requests: Requests) -> None:
    await create(requests, 0, 0)
    async with requests.transaction() as busy:
        await busy.append([a_record(requested_at=datetime.now(UTC))])
        assert await create(requests, 1, 3) == 3
    assert len(await all_stored(requests)) == 1


async def test_days_before_one_are_dropped_with_their_requests(requests: Requests, place: ServiceDatabase) -> None:
    await create(requests, -3, 1)
    now = datetime.now(UTC)
    await store(requests, *(now + timedelta(days=offset) for offset in (-3, -2, -1, 0)))
    assert await drop(requests, -1) == 2
    assert partitions(place) == named(-1, 0, 1)
    assert [record.requested_at for record in await all_stored(requests)] == [now, now - timedelta(days=1)]
    assert await drop(requests, -1) == 0


async def test_several_replicas_that_drop_the_same_at_once_drop_it_once(
    requests: Requests, place: ServiceDatabase
) -> None:
    await create(requests, -3, 0)
    assert sum(await asyncio.gather(*(drop(requests, -1) for _ in range(8)))) == 2
    assert partitions(place) == named(-1, 0)


@pytest.mark.parametrize(("first", "last"), [(1, 0), (0, 367), (-367, 0)])
async def test_days_that_make_no_sense_are_refused(
    requests: Requests, place: ServiceDatabase, first: int, last: int
) -> None:
    with pytest.raises(ValidationFailedError):
        await create(requests, first, last)
    assert partitions(place) == []


async def test_a_day_that_is_not_over_is_never_dropped(requests: Requests, place: ServiceDatabase) -> None:
    await create(requests, 0, 1)
    with pytest.raises(ValidationFailedError):
        await drop(requests, 1)
    assert await drop(requests, 0) == 0
    assert partitions(place) == named(0, 1)


async def test_a_partition_that_was_attached_by_hand_stays(requests: Requests, place: ServiceDatabase) -> None:
    archive = "CREATE TABLE aaa_archive PARTITION OF api_requests FOR VALUES FROM (MINVALUE) TO ('2020-01-01')"
    run(place.migrator_url, archive)
    assert await drop(requests, 0) == 0


async def test_the_service_can_neither_make_nor_drop_tables_by_itself(
    requests: Requests, place: ServiceDatabase
) -> None:
    await create(requests, 0, 0)
    for forbidden in (
        f"DROP TABLE api_requests_{named(0)[0]}",
        "CREATE TABLE stray PARTITION OF api_requests FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')",
    ):
        with pytest.raises(Exception, match=r"must be owner|permission denied"):
            run(place.app_url, forbidden)


async def test_nobody_but_the_service_may_have_partitions_made_or_dropped(place: ServiceDatabase) -> None:
    for call in ("create_api_request_partitions(current_date, current_date)", "drop_api_request_partitions('today')"):
        with pytest.raises(Exception, match="permission denied for function"):
            run(place.cdc_url, f"SELECT {call}")


@pytest.mark.parametrize(("identity", "letter"), [("FULL", "f"), ("DEFAULT", "d")])
async def test_a_partition_knows_its_rows_by_what_its_root_does(
    requests: Requests, place: ServiceDatabase, identity: str, letter: str
) -> None:
    run(place.migrator_url, f"ALTER TABLE api_requests REPLICA IDENTITY {identity}")
    await create(requests, 0, 0)
    found = run(place.superuser_dsn, f"SELECT relreplident FROM pg_class WHERE oid = {FIRST_PARTITION}")
    assert found == [(letter,)]


TELL_TRUNCATE = "CREATE FUNCTION huleedu_tell_truncate() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"


@pytest.mark.parametrize(
    ("function", "triggers"), [(TELL_TRUNCATE, 1), ("SELECT", 0)], ids=["captured", "not captured"]
)
async def test_a_partition_tells_its_truncate_where_capture_has_put_what_it_tells_it_by(
    requests: Requests, place: ServiceDatabase, function: str, triggers: int
) -> None:
    run(place.migrator_url, function)
    await create(requests, 0, 0)
    found = f"SELECT count(*) FROM pg_trigger WHERE tgrelid = {FIRST_PARTITION} AND tgname = 'huleedu_tell_truncate'"
    assert run(place.superuser_dsn, found) == [(triggers,)]


async def test_a_partition_has_the_constraints_and_indexes_of_its_root(
    requests: Requests, place: ServiceDatabase
) -> None:
    await create(requests, 0, 0)
    apart = (
        f"SELECT count(*) FROM pg_index WHERE indrelid = {FIRST_PARTITION}"
        " AND indexrelid NOT IN (SELECT inhrelid FROM pg_inherits)"
    )
    assert run(place.superuser_dsn, apart) == [(0,)]


async def test_keeping_partitions_makes_the_days_ahead_and_drops_those_past_retention(
    database: Database, requests: Requests, place: ServiceDatabase
) -> None:
    await create(requests, -32, -29)
    keeping = RequestPartitions(database, days_ahead=3, retention=MONTH)
    assert await keeping.keep() == 6
    assert partitions(place) == named(-30, -29, 0, 1, 2, 3)
    assert await keeping.keep() == 0


async def test_the_clock_of_the_database_says_which_day_it_is(database: Database, place: ServiceDatabase) -> None:
    put_clock_ahead(place, timedelta(days=2))
    await RequestPartitions(database, days_ahead=1, retention=MONTH).keep()
    assert partitions(place) == named(2, 3)


async def test_what_somebody_reads_is_dropped_later_and_days_are_made_ahead_all_the_same(
    database: Database, requests: Requests, place: ServiceDatabase
) -> None:
    await create(requests, -31, -31)
    keeping = RequestPartitions(database, days_ahead=1, retention=MONTH)
    async with database.engine.connect() as reader:
        await reader.execute(text("SELECT count(*) FROM api_requests"))
        with pytest.raises(ServiceUnavailableError, match="others are changing it"):
            await keeping.keep()
        assert partitions(place) == named(-31, 0, 1)
    assert await keeping.keep() == 1
    assert partitions(place) == named(0, 1)
