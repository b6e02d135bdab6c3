"""What comes from topics and goes there: an essay's spell check is requested, and is completed."""

from typing import Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict

from services.kit.topics.envelope import Envelope, Request
from services.spell_checker_service.api_models import JobQuestion
from services.spell_checker_service.domain import FailureCode, JobStatus, Language, SpellcheckJob
from services.spell_checker_service.requests import SpellcheckRequest


class SpellcheckRequested(Request[JobQuestion]):
    """An essay is to be checked, as by `POST /v1/spellcheck/jobs`; the event's id is the Idempotency-Key."""

    event_type: Literal["huleedu.essay.spellcheck.requested.v1"]

    def request(self) -> SpellcheckRequest:
        """The request for the handler."""
        return SpellcheckRequest(
            caller=self.caller,
            idempotency_key=self.idempotency_key,
            correlation_id=self.correlation_id,
            batch_id=self.data.batch_id,
            essay_id=self.data.essay_id,
            text=self.data.text(),
        )


class SpellcheckResult(BaseModel):
    """What came out: numbers and where the corrected text is, or why there is none; no word of the text."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)

    job_id: UUID
    batch_id: UUID
    essay_id: UUID
    language: Language
    status: Literal[JobStatus.SUCCESS, JobStatus.FAILED]
    error_code: FailureCode | None
    error_detail: str | None
    original_storage_id: str
    corrected_storage_id: str | None
    processing_ms: int | None
    total_words: int | None
    total_corrections: int | None


class SpellcheckCompleted(Envelope[SpellcheckResult]):
    """A text was checked, or cannot be; a job that is tried again later completes once more."""

    event_type: Literal["huleedu.essay.spellcheck.completed.v1"] = "huleedu.essay.spellcheck.completed.v1"


def completed(job: SpellcheckJob) -> SpellcheckCompleted:
    """That a job came to its end."""
    return SpellcheckCompleted(
        event_id=uuid4(),
        correlation_id=job.correlation_id,
        occurred_at=job.updated_at,
        user_id=job.user_id,
        data=SpellcheckResult.model_validate(job),
    )
