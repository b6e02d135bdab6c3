"""What a spell check is in the service, free of any database: its job, its corrections, and how its status may move."""

import enum
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kit.moves import Moves

# Longer runs of letters are no words: they are not looked up, and none is stored.
LONGEST_WORD = 100


class Language(enum.StrEnum):
    """The languages for which there is a dictionary."""

    ENGLISH = "en"
    SWEDISH = "sv"


class JobStatus(enum.StrEnum):
    """What became of a job."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    SUCCESS = "success"
    FAILED = "failed"


class CorrectionSource(enum.StrEnum):
    """Who knew what a word should be."""

    DICTIONARY = "dictionary"
    LEARNER_DICTIONARY = "learner_dictionary"
    WHITELIST = "whitelist"


class FailureCode(enum.StrEnum):
    """Why a text could not be checked: asking again would give the same, unless the text changes."""

    TEXT_NOT_FOUND = "TEXT_NOT_FOUND"
    TEXT_UNREADABLE = "TEXT_UNREADABLE"
    TEXT_TOO_LARGE = "TEXT_TOO_LARGE"
    TEXT_TOO_COMPLEX = "TEXT_TOO_COMPLEX"
    CORRECTION_REFUSED = "CORRECTION_REFUSED"


MOVES = Moves(
    "job",
    {
        JobStatus.PENDING: {JobStatus.IN_PROGRESS},
        JobStatus.IN_PROGRESS: {JobStatus.SUCCESS, JobStatus.FAILED},
        JobStatus.SUCCESS: set[JobStatus](),
        JobStatus.FAILED: {JobStatus.PENDING},
    },
    may_stay=False,
)


@dataclass(frozen=True)
class SpellcheckJob:
    """The spell check of one essay. processing_ms: milliseconds of the checking itself."""

    job_id: UUID
    batch_id: UUID
    essay_id: UUID
    user_id: str
    language: Language
    status: JobStatus
    original_storage_id: str
    corrected_storage_id: str | None
    total_words: int | None
    total_corrections: int | None
    processing_ms: int | None
    error_code: FailureCode | None
    error_detail: str | None
    correlation_id: UUID
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Finding:
    """A word that is wrong, or that only a whitelist allows. position: of its first character in the text, from 0.

    corrected_word: None if the word stays as it is, because the whitelist allows it or nobody knows better.
    """

    position: int
    original_word: str
    corrected_word: str | None
    suggestions: tuple[str, ...]
    source: CorrectionSource


@dataclass(frozen=True)
class Correction(Finding):
    """A finding as it is stored."""

    correction_id: UUID
    job_id: UUID
    created_at: datetime


@dataclass(frozen=True)
class Success:
    """What a job found, and where the corrected text is."""

    corrected_storage_id: str
    total_words: int
    processing_ms: int
    findings: tuple[Finding, ...]

    @property
    def total_corrections(self) -> int:
        """How many words were replaced."""
        return sum(finding.corrected_word is not None for finding in self.findings)


@dataclass(frozen=True)
class Failure:
    """Why a text could not be checked."""

    code: FailureCode
    detail: str


@dataclass(frozen=True)
class JobFilter:
    """Which jobs a list shows; a None asks for nothing."""

    batch_id: UUID | None = None
    essay_id: UUID | None = None
    user_id: str | None = None
    status: JobStatus | None = None
