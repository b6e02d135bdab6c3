"""What the tests of the spell checker's storage put in."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from services.kit.postgres.database import Database
from services.kit.postgres.processed_messages import Message
from services.spell_checker_service.domain import (
    CorrectionSource,
    Failure,
    FailureCode,
    Finding,
    Language,
    SpellcheckJob,
    Success,
)
from services.spell_checker_service.protocols import SpellcheckRepository
from services.spell_checker_service.requests import SpellcheckRequest, TextToCheck
from services.spell_checker_service.spellcheck_repository_postgres_impl import PostgresSpellcheckRepository
from tests.support.callers import OWNER
from tests.support.storage import Storage, opened_database

TEXT = TextToCheck(Language.ENGLISH, "0" * 32)
UNREADABLE = Failure(FailureCode.TEXT_UNREADABLE, "the text is not UTF-8")
FOUND = (
    Finding(4, "recieve", "receive", ("receive", "relieve"), CorrectionSource.DICTIONARY),
    Finding(12, "Teh", "The", ("The",), CorrectionSource.LEARNER_DICTIONARY),
    Finding(20, "Björk", None, (), CorrectionSource.WHITELIST),
)


def request(**differing: Any) -> SpellcheckRequest:
    """A request of the owner for an essay of its own, under a key of its own."""
    return replace(SpellcheckRequest(OWNER, uuid4().hex, uuid4(), uuid4(), uuid4(), TEXT), **differing)


def success(*findings: Finding) -> Success:
    return Success("1" * 32, total_words=len(findings), processing_ms=3, findings=findings)


def opened(url: str, **settings: Any) -> Database:
    """The spell checker's database at `url`."""
    return opened_database("spell_checker", url, **settings)


class Jobs(Storage[SpellcheckRepository]):
    """The storage of spell checks."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, PostgresSpellcheckRepository)

    async def registered(self, **differing: Any) -> Message:
        """The message of a job that is pending."""
        asked = request(**differing)
        async with self.transaction() as jobs:
            await jobs.register(asked)
        return asked.message

    async def started(self, message: Message) -> UUID:
        """The id of the message's job, which a transaction of its own has moved to `in_progress`."""
        async with self.transaction() as jobs:
            return (await jobs.start(message)).job_id

    async def succeeded(self, *findings: Finding, **differing: Any) -> SpellcheckJob:
        job_id = await self.started(await self.registered(**differing))
        async with self.transaction() as jobs:
            return await jobs.succeed(job_id, success(*findings))

    async def failed(self, **differing: Any) -> SpellcheckJob:
        job_id = await self.started(await self.registered(**differing))
        async with self.transaction() as jobs:
            return await jobs.fail(job_id, UNREADABLE)
