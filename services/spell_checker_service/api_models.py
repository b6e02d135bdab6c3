"""The shapes in which the spell checker answers and is asked."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.kit.web.models import PageQuestion, Question, Text, UserId
from services.spell_checker_service.domain import (
    LONGEST_WORD,
    Correction,
    JobFilter,
    JobStatus,
    Language,
    SpellcheckJob,
)
from services.spell_checker_service.requests import TextToCheck

LONGEST_WHITELIST = 1000

StorageId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
WordText = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_WORD)]


class JobQuestion(Question):
    """An essay's text to be checked; words of the whitelist are right whatever the dictionary says."""

    batch_id: UUID
    essay_id: UUID
    language: Language
    original_storage_id: StorageId
    whitelist: Annotated[tuple[WordText, ...], Field(max_length=LONGEST_WHITELIST)] = ()

    def text(self) -> TextToCheck:
        """What is to be checked; a whitelist says the same in any order."""
        return TextToCheck(self.language, self.original_storage_id, tuple(sorted(set(self.whitelist))))


class JobsQuestion(PageQuestion):
    """Which jobs are listed; without a batch, an essay or a user the caller's own."""

    batch_id: UUID | None = None
    essay_id: UUID | None = None
    user_id: UserId | None = None
    status: JobStatus | None = None

    def filter(self, caller_id: str) -> JobFilter:
        """What the repository filters by."""
        nobody_named = (self.batch_id, self.essay_id, self.user_id) == (None, None, None)
        return JobFilter(self.batch_id, self.essay_id, caller_id if nobody_named else self.user_id, self.status)


class WordQuestion(PageQuestion):
    """Which word's corrections are searched, in any case."""

    word: WordText | None = None


class JobsAnswer(BaseModel):
    """A page of jobs; `next_cursor` fetches the next one and is null on the last."""

    jobs: list[SpellcheckJob]
    next_cursor: str | None


class CorrectionsAnswer(BaseModel):
    """A page of corrections; `next_cursor` fetches the next one and is null on the last."""

    corrections: list[Correction]
    next_cursor: str | None
