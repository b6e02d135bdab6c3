"""Answers past their retention are forgotten, in batches and by several at once, and younger ones stay."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.postgres.processed_messages_purge import MessagePurge
from tests.support.postgres import CreateDatabase
from tests.support.processed_messages import SERVICES, message_table

RETENTION = timedelta(days=90)
_STORE = text(
    "INSERT INTO processed_messages (user_id, idempotency_key, request_sha256, first_seen_at, outcome)"
    " SELECT 'anna', days || ' days', repeat('0', 64), now() - make_interval(days => days), '{}'"
    " FROM generate_series(CAST(:youngest AS integer), CAST(:oldest AS integer)) AS days"
)


@dataclass(frozen=True)
class Messages:
    """A service's processed messages, which a test ages, and what purges them."""

    database: Database
    purge: MessagePurge

    async def store(self, youngest: int, oldest: int) -> None:
        """One message for each age in days."""
        async with self.database.transaction(Actor(route="test")) as session:
            await session.execute(_STORE, {"youngest": youngest, "oldest": oldest})

    async def keys(self) -> set[str]:
        async with self.database.transaction(Actor(route="test")) as session:
            return set(await session.scalars(text("SELECT idempotency_key FROM processed_messages")))


@pytest.fixture(name="messages", params=SERVICES)
async def _messages(request: pytest.FixtureRequest, service_database: CreateDatabase) -> AsyncIterator[Messages]:
    async with message_table(service_database, request.param) as table:
        yield Messages(table.database, MessagePurge(table.database, table.row, request.param))


async def test_what_is_past_its_retention_goes_in_batches_and_the_rest_stays(messages: Messages) -> None:
    await messages.store(88, 97)
    assert await messages.purge.purge(RETENTION, at_a_time=3) == 8
    assert await messages.keys() == {"88 days", "89 days"}
    assert await messages.purge.purge(RETENTION) == 0


async def test_of_several_who_purge_at_once_each_message_is_removed_by_one(messages: Messages) -> None:
    await messages.store(91, 130)
    purged = await asyncio.gather(*(messages.purge.purge(RETENTION, at_a_time=4) for _ in range(4)))
    assert (sum(purged), await messages.keys()) == (40, set())


async def test_a_message_that_somebody_has_locked_is_left_for_the_next_time(messages: Messages) -> None:
    await messages.store(91, 92)
    async with messages.database.session(Actor(route="test")) as session:
        await session.execute(text("SELECT 1 FROM processed_messages WHERE idempotency_key = '92 days' FOR UPDATE"))
        assert await messages.purge.purge(RETENTION) == 1
    assert await messages.keys() == {"92 days"}


async def test_the_background_job_forgets_what_is_due_and_says_how_much(messages: Messages) -> None:
    await messages.store(91, 93)
    job = messages.purge.job(RETENTION)
    assert (job.name, await job.run()) == ("purge_processed_messages", 3)
