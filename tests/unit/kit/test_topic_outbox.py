"""Results are written with their work or not at all, and go when they are old."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel
from sqlalchemy import text

from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.topics.envelope import Envelope
from services.kit.topics.outbox import OUTBOX_RETENTION, Outbox
from services.kit.topics.outbox_purge import OutboxPurge
from services.spell_checker_service.models_db import OutboxRow
from tests.support.postgres import CreateDatabase
from tests.support.storage import Storage, opened_database


class Found(BaseModel):
    """What came out."""

    words: int


class Completed(Envelope[Found]):
    """A result of this test."""

    event_type: Literal["huleedu.test.completed.v1"] = "huleedu.test.completed.v1"


def _result() -> Completed:
    return Completed(
        event_id=uuid4(),
        correlation_id=UUID(int=7),
        occurred_at=datetime(2026, 11, 27, tzinfo=UTC),
        user_id="anna",
        data=Found(words=3),
    )


@pytest.fixture(name="database")
async def _database(service_database: CreateDatabase) -> AsyncIterator[Database]:
    database = opened_database("spell_checker", service_database("spell_checker").app_url)
    yield database
    await database.close()


@pytest.fixture(name="storage")
def _storage(database: Database) -> Storage[Outbox]:
    return Storage(database, lambda session: Outbox(session, OutboxRow))


async def _rows(database: Database) -> list[tuple[object, ...]]:
    async with database.transaction(Actor(route="test")) as session:
        kept = await session.execute(text("SELECT topic, message_key, user_id, correlation_id, payload FROM outbox"))
        return [tuple(row) for row in kept]


async def test_a_result_says_where_it_goes_by_its_type_and_is_sent_as_it_was_written(
    database: Database, storage: Storage[Outbox]
) -> None:
    event = _result()
    async with storage.transaction() as outbox:
        await outbox.add(event, key="essay 1")
    ((*told, payload),) = await _rows(database)
    assert told == ["huleedu.test.completed.v1", "essay 1", "anna", UUID(int=7)]
    assert Completed.model_validate_json(str(payload)) == event


async def test_a_transaction_that_is_rolled_back_tells_nobody(database: Database, storage: Storage[Outbox]) -> None:
    with pytest.raises(ZeroDivisionError):
        await _tell_and_fail(storage)
    assert await _rows(database) == []


async def _tell_and_fail(storage: Storage[Outbox]) -> None:
    async with storage.transaction() as outbox:
        await outbox.add(_result(), key="essay 1")
        raise ZeroDivisionError


async def test_results_past_their_retention_go_and_the_others_stay(
    database: Database, storage: Storage[Outbox]
) -> None:
    for age in (OUTBOX_RETENTION - timedelta(hours=1), OUTBOX_RETENTION + timedelta(hours=1)):
        async with storage.transaction() as outbox:
            await outbox.add(_result(), key=str(age.days))
        async with database.transaction(Actor(route="test")) as session:
            aged = text(
                "UPDATE outbox SET created_at = clock_timestamp() - CAST(:age AS interval) WHERE message_key = :key"
            )
            await session.execute(aged, {"age": age, "key": str(age.days)})
    job = OutboxPurge(database, OutboxRow, "spell_checker_service").job(OUTBOX_RETENTION)
    assert (job.name, await job.run()) == ("purge_outbox", 1)
    assert [row[1] for row in await _rows(database)] == [str(OUTBOX_RETENTION.days - 1)]
