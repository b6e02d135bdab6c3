"""The work itself: a text is read, checked, stored corrected, and all that was found is kept, in one transaction."""

from functools import partial
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from services.kit.identity import Caller
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.postgres.processed_messages import Message, Outcome, ProcessedMessages
from services.spell_checker_service.domain import SpellcheckJob, Success
from services.spell_checker_service.models_db import ProcessedMessageRow
from services.spell_checker_service.protocols import ContentClient, SpellcheckHandler, SpellcheckRepository
from services.spell_checker_service.refusal import TextRefusedError
from services.spell_checker_service.requests import PendingJob, RetryRequest, SpellcheckRequest, TextToCheck
from services.spell_checker_service.spellcheck_repository_postgres_impl import PostgresSpellcheckRepository
from services.spell_checker_service.spelling.speller import Speller

_JOB = TypeAdapter(SpellcheckJob)
_MAY_IDLE = sql("SELECT set_config('idle_in_transaction_session_timeout', :milliseconds, true)")


class PostgresSpellcheckHandler(SpellcheckHandler):
    """A short transaction makes the job pending; a second one claims the message and does the work.

    Whoever ends in the middle leaves the job pending and nothing half-done: the corrected text may be stored, which the
    next try stores again under the same id. seconds: how long the second transaction may wait for others.
    """

    def __init__(self, database: Database, content: ContentClient, speller: Speller, seconds: float) -> None:
        self._database = database
        self._content = content
        self._speller = speller
        self._seconds = seconds

    async def handle(self, request: SpellcheckRequest, actor: Actor) -> SpellcheckJob:
        """The essay's spell check; ConflictError, NotFoundError, ServiceUnavailableError."""
        async with self._database.transaction(actor) as session:
            await PostgresSpellcheckRepository(session).register(request)
        return await self._answer(request.message, request.caller, actor)

    async def retry(self, request: RetryRequest, actor: Actor) -> SpellcheckJob:
        """The spell check done anew; ConflictError, NotFoundError, ServiceUnavailableError."""
        async with self._database.transaction(actor) as session:
            message = await PostgresSpellcheckRepository(session).register_retry(request)
        owner = request.caller if request.caller.user_id == message.user_id else Caller(message.user_id)
        return await self._answer(message, owner, actor)

    async def finish(self, pending: PendingJob, actor: Actor) -> SpellcheckJob:
        """The spell check of a job that was left; ConflictError, NotFoundError, ServiceUnavailableError."""
        return await self._answer(pending.message, Caller(pending.message.user_id), actor)

    async def _answer(self, message: Message, owner: Caller, actor: Actor) -> SpellcheckJob:
        async with self._database.transaction(actor) as session:
            await self._expect_to_idle(session)
            work = partial(self._work, PostgresSpellcheckRepository(session), message, owner)
            answered = await ProcessedMessages(session, ProcessedMessageRow).first_answer(message, work)
        return _JOB.validate_python(answered.outcome)

    async def _expect_to_idle(self, session: AsyncSession) -> None:
        """Otherwise PostgreSQL would end a transaction that waits for the content service and the dictionary."""
        await session.execute(_MAY_IDLE, {"milliseconds": str(round(self._seconds * 1000))})

    async def _work(self, jobs: SpellcheckRepository, message: Message, owner: Caller) -> Outcome:
        task = await jobs.start(message)
        try:
            success = await self._checked(owner, task.text)
        except TextRefusedError as refused:
            job = await jobs.fail(task.job_id, refused.failure)
        else:
            job = await jobs.succeed(task.job_id, success)
        outcome: dict[str, Any] = _JOB.dump_python(job, mode="json")
        return outcome

    async def _checked(self, owner: Caller, task: TextToCheck) -> Success:
        """A text in which nothing is to be corrected is its own correction."""
        text = await self._content.read_text(owner, task.original_storage_id)
        check = await self._speller.check(task.language, text, task.whitelist)
        storage_id = task.original_storage_id
        if check.text.corrected != text:
            storage_id = await self._content.store_corrected(owner, storage_id, check.text.corrected)
        return Success(storage_id, check.text.total_words, check.milliseconds, check.text.findings)
