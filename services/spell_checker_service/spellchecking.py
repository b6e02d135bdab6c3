"""The work itself: a text is corrected, and all that was found is kept and told to others, in one transaction."""

from functools import partial
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.postgres.processed_messages import Message, Outcome, ProcessedMessages
from services.kit.topics.outbox import Outbox
from services.spell_checker_service.checking_places import CheckingPlaces
from services.spell_checker_service.domain import SpellcheckJob
from services.spell_checker_service.events import completed
from services.spell_checker_service.models_db import OutboxRow, ProcessedMessageRow
from services.spell_checker_service.protocols import SpellcheckHandler, SpellcheckRepository
from services.spell_checker_service.refusal import TextRefusedError
from services.spell_checker_service.requests import PendingJob, RetryRequest, SpellcheckRequest
from services.spell_checker_service.spellcheck_repository_postgres_impl import PostgresSpellcheckRepository
from services.spell_checker_service.text_correction import TextCorrection

_JOB = TypeAdapter(SpellcheckJob)
_MAY_IDLE = sql("SELECT set_config('idle_in_transaction_session_timeout', :milliseconds, true)")


class PostgresSpellcheckHandler(SpellcheckHandler):
    """A short transaction makes the job pending; a second one claims the message and does the work.

    Whoever ends in the middle leaves the job pending and nothing half-done: the corrected text may be stored, which the
    next try stores again under the same id. The second transaction holds its connection while others are waited for, so
    that there are `places` for it, and may wait for `seconds`.
    """

    def __init__(self, database: Database, correction: TextCorrection, places: CheckingPlaces, seconds: float) -> None:
        self._database = database
        self._correction = correction
        self._places = places
        self._seconds = seconds

    async def handle(self, request: SpellcheckRequest, actor: Actor) -> SpellcheckJob:
        """The essay's spell check; ConflictError, NotFoundError, ServiceUnavailableError."""
        async with self._database.transaction(actor) as session:
            await PostgresSpellcheckRepository(session).register(request)
            known = await _messages(session).answer_to(request.message)
        return await self._work(request.message, actor) if known is None else _JOB.validate_python(known)

    async def retry(self, request: RetryRequest, actor: Actor) -> SpellcheckJob:
        """The spell check done anew; ConflictError, NotFoundError, ServiceUnavailableError."""
        async with self._database.transaction(actor) as session:
            message = await PostgresSpellcheckRepository(session).register_retry(request)
            known = await _messages(session).answer_to(message)
        return await self._work(message, actor) if known is None else _JOB.validate_python(known)

    async def finish(self, pending: PendingJob, actor: Actor) -> SpellcheckJob:
        """The spell check of a job that was left; ConflictError, NotFoundError, ServiceUnavailableError."""
        return await self._work(pending.message, actor)

    async def _work(self, message: Message, actor: Actor) -> SpellcheckJob:
        async with self._places.place(), self._database.transaction(actor) as session:
            await self._expect_to_idle(session)
            outbox = Outbox(session, OutboxRow)
            outcome = partial(self._outcome, PostgresSpellcheckRepository(session), outbox, message)
            answered = await _messages(session).first_answer(message, outcome)
        return _JOB.validate_python(answered.outcome)

    async def _expect_to_idle(self, session: AsyncSession) -> None:
        """Otherwise PostgreSQL would end a transaction that waits for the content service and the dictionary."""
        await session.execute(_MAY_IDLE, {"milliseconds": str(round(self._seconds * 1000))})

    async def _outcome(self, jobs: SpellcheckRepository, outbox: Outbox, message: Message) -> Outcome:
        task = await jobs.start(message)
        try:
            success = await self._correction.correct(task.owner, task.text)
        except TextRefusedError as refused:
            job = await jobs.fail(task.job_id, refused.failure)
        else:
            job = await jobs.succeed(task.job_id, success)
        await outbox.add(completed(job), key=str(job.essay_id))
        outcome: dict[str, Any] = _JOB.dump_python(job, mode="json")
        return outcome


def _messages(session: AsyncSession) -> ProcessedMessages:
    return ProcessedMessages(session, ProcessedMessageRow)
