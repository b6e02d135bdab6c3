"""A message comes to its end: done, or parked; and comes to none while time may mend what fails."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from services.kit.backoff import Backoff
from services.kit.correlation import correlation_id
from services.kit.errors import ServiceUnavailableError, ValidationFailedError
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.topics.attempts import DOUBTFUL_TRIES, Attempts
from services.kit.topics.delivery import Delivery
from services.kit.topics.parked_messages import MOST_BYTES_KEPT, ParkedMessage
from services.kit.topics.parked_work import ParkedWork
from services.spell_checker_service.models_db import ParkedMessageRow
from tests.support.fragile_database import fragile_database
from tests.support.postgres import CreateDatabase
from tests.support.storage import opened_database

ACTION = UUID(int=7)
DELIVERY = Delivery("topic.v1", 3, 41, b"key", b"value", (("correlation_id", str(ACTION).encode()),))

Work = Callable[[Delivery], Awaitable[None]]


class Failing:
    """Fails so many times with this error, and counts its tries."""

    def __init__(self, error: Exception, times: int = 1 << 30) -> None:
        self.tries = 0
        self._error = error
        self._times = times

    async def __call__(self, _delivery: Delivery) -> None:
        self.tries += 1
        if self.tries <= self._times:
            raise self._error


@pytest.fixture(name="database")
async def _database(service_database: CreateDatabase) -> AsyncIterator[Database]:
    database = opened_database("spell_checker", service_database("spell_checker").app_url)
    yield database
    await database.close()


@pytest.fixture(name="at_once", autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried at once."""
    monkeypatch.setattr(Backoff, "next_delay", lambda *_: 0.0)


def _attempts(work: Work, database: Database, places: int = 1) -> Attempts:
    return Attempts(work, database, ParkedMessageRow, asyncio.Semaphore(places))


async def _parked(database: Database) -> list[ParkedMessage]:
    return list(await ParkedWork(database, ParkedMessageRow).oldest(10))


async def test_what_passes_is_tried_until_it_is_done(database: Database) -> None:
    work = Failing(ServiceUnavailableError("away"), times=20)
    await _attempts(work, database).settle(DELIVERY)
    assert work.tries == 21
    assert await _parked(database) == []


async def test_what_is_refused_for_good_is_parked_at_once_with_all_that_it_was(database: Database) -> None:
    work = Failing(ValidationFailedError("no such language"))
    await _attempts(work, database).settle(DELIVERY)
    assert work.tries == 1
    (parked,) = await _parked(database)
    assert (parked.topic, parked.partition, parked.message_offset) == ("topic.v1", 3, 41)
    assert (parked.message_key, parked.message_value, parked.sent_headers) == (b"key", b"value", DELIVERY.headers)
    assert (parked.code, parked.reason, parked.correlation_id) == ("validation", "no such language", ACTION)


async def test_what_may_be_a_defect_is_tried_a_few_times_and_then_parked(database: Database) -> None:
    work = Failing(KeyError("Once upon a time"))
    await _attempts(work, database).settle(DELIVERY)
    assert work.tries == DOUBTFUL_TRIES
    assert [parked.code for parked in await _parked(database)] == ["defect"]


async def test_what_is_parked_already_stays_as_it_is(database: Database) -> None:
    for reason in ("first", "second"):
        await _attempts(Failing(ValidationFailedError(reason)), database).settle(DELIVERY)
    assert [parked.reason for parked in await _parked(database)] == ["first"]


@pytest.mark.parametrize(
    "delivery",
    [
        replace(DELIVERY, key=None, value=None, headers=()),
        replace(DELIVERY, key=b"\0\xff", value=b"\0\xff", headers=(("a\0b", b"\0\xff"),)),
    ],
    ids=["empty", "no text"],
)
async def test_any_bytes_can_be_parked(database: Database, delivery: Delivery) -> None:
    await _attempts(Failing(ValidationFailedError("a\0b")), database).settle(delivery)
    (parked,) = await _parked(database)
    assert (parked.message_key, parked.message_value) == (delivery.key, delivery.value)
    assert parked.is_whole


async def test_of_a_message_that_is_too_long_the_beginning_is_kept(database: Database) -> None:
    await _attempts(Failing(ValidationFailedError("long")), database).settle(
        replace(DELIVERY, value=b"x" * (MOST_BYTES_KEPT + 1))
    )
    (parked,) = await _parked(database)
    assert (len(parked.message_value or b""), parked.value_bytes) == (MOST_BYTES_KEPT, MOST_BYTES_KEPT + 1)
    assert not parked.is_whole


async def test_what_cannot_be_parked_now_is_parked_once_the_database_is_back(service_database: CreateDatabase) -> None:
    async with fragile_database(service_database("spell_checker")) as (place, link):
        database = opened_database("spell_checker", place.app_url, database_connect_timeout=1.0)
        work = Failing(ValidationFailedError("wrong"))
        await link.cut()
        settling = asyncio.create_task(_attempts(work, database).settle(DELIVERY))
        done, _ = await asyncio.wait({settling}, timeout=0.5)
        assert done == set()
        await link.mend()
        await settling
        assert work.tries == 1
        assert len(await _parked(database)) == 1
        await database.close()


async def test_a_table_that_is_gone_is_an_error_and_no_message_is_passed_over(
    service_database: CreateDatabase,
) -> None:
    place = service_database("spell_checker")
    owner = opened_database("spell_checker", place.migrator_url)
    async with owner.transaction(Actor(route="test")) as session:
        await session.execute(text("DROP TABLE parked_messages"))
    with pytest.raises(Exception, match="parked_messages"):
        await _attempts(Failing(ValidationFailedError("wrong")), owner).settle(DELIVERY)
    await owner.close()


async def test_no_more_messages_are_done_at_once_than_there_are_places(database: Database) -> None:
    busy, most = 0, 0

    async def work(_delivery: Delivery) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.01)
        busy -= 1

    attempts = _attempts(work, database, places=3)
    await asyncio.gather(*(attempts.settle(replace(DELIVERY, offset=number)) for number in range(12)))
    assert most == 3


async def test_the_work_belongs_to_the_action_of_the_header(database: Database) -> None:
    seen: list[UUID | None] = []

    async def work(_delivery: Delivery) -> None:
        seen.append(correlation_id())

    await asyncio.create_task(_attempts(work, database).settle(DELIVERY))
    assert seen == [ACTION]
