"""Jobs that were left pending: who finishes them claims each once, the oldest first."""

import asyncio
from datetime import timedelta

from sqlalchemy import text

from services.kit.postgres.actor import Actor
from services.spell_checker_service.tests.stored_jobs import Jobs

NOW = timedelta(0)


async def test_what_is_pending_for_long_enough_is_claimed_the_oldest_first_and_then_counts_as_fresh(
    storage: Jobs,
) -> None:
    messages = [await storage.registered() for _ in range(2)]
    await storage.failed()
    await storage.succeeded()
    claimed = []
    async with storage.transaction() as jobs:
        assert await jobs.claim_pending(timedelta(hours=1)) is None
    await _age_all(storage)
    async with storage.transaction() as jobs:
        while (pending := await jobs.claim_pending(timedelta(hours=1))) is not None:
            claimed.append(pending.message)
    assert claimed == messages


async def test_of_many_who_claim_at_once_each_gets_another_job(storage: Jobs) -> None:
    messages = {await storage.registered() for _ in range(6)}
    await _age_all(storage)
    together = asyncio.Barrier(8)

    async def claim() -> object:
        async with storage.transaction() as jobs:
            await together.wait()
            pending = await jobs.claim_pending(timedelta(hours=1))
            await together.wait()
            return pending and pending.message

    claimed = await asyncio.gather(*(claim() for _ in range(8)))
    assert sorted(claimed, key=str) == sorted([*messages, None, None], key=str)


async def test_a_job_that_somebody_works_on_is_passed_over(storage: Jobs) -> None:
    message = await storage.registered()
    await _age_all(storage)
    async with storage.transaction() as working:
        await working.start(message)
        async with storage.transaction() as jobs:
            assert await jobs.claim_pending(NOW) is None


async def _age_all(storage: Jobs) -> None:
    async with storage.database.transaction(Actor(route="test")) as session:
        await session.execute(text("UPDATE spellcheck_jobs SET updated_at = updated_at - interval '1 day'"))
