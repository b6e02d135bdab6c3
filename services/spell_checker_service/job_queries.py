"""Which jobs and corrections a query is about: whose they are, and what a list leaves out."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from services.kit.errors import NotFoundError
from services.kit.identity import Caller
from services.kit.postgres.ownership import owned
from services.spell_checker_service.domain import JobFilter, SpellcheckJob
from services.spell_checker_service.models_db import ProcessedMessageRow, SpellcheckCorrectionRow, SpellcheckJobRow


def visible_jobs(caller: Caller) -> Select[SpellcheckJobRow]:
    """The jobs that the caller may see."""
    return owned(select(SpellcheckJobRow), SpellcheckJobRow.user_id, caller)


def one_job(caller: Caller, job_id: UUID) -> Select[SpellcheckJobRow]:
    """That job, if the caller may see it."""
    return visible_jobs(caller).where(SpellcheckJobRow.job_id == job_id)


def filtered(jobs: Select[SpellcheckJobRow], wanted: JobFilter) -> Select[SpellcheckJobRow]:
    """Those of the jobs that the filter lets through."""
    columns = {
        SpellcheckJobRow.batch_id: wanted.batch_id,
        SpellcheckJobRow.essay_id: wanted.essay_id,
        SpellcheckJobRow.user_id: wanted.user_id,
        SpellcheckJobRow.status: wanted.status,
    }
    return jobs.where(*(column == value for column, value in columns.items() if value is not None))


def of_word(caller: Caller, word: str) -> Select[SpellcheckCorrectionRow]:
    """The corrections of a word in any case, in all texts that the caller may see."""
    corrections = select(SpellcheckCorrectionRow).where(
        func.lower(SpellcheckCorrectionRow.original_word) == func.lower(word)
    )
    return owned(corrections, SpellcheckCorrectionRow.user_id, caller)


def answers_about(job: SpellcheckJob) -> tuple[ColumnElement[bool], ...]:
    """Of the processed messages those whose answer is that job, as it was at some time."""
    message = ProcessedMessageRow
    return message.user_id == job.user_id, message.outcome["job_id"].astext == str(job.job_id)


def found(row: SpellcheckJobRow | None, job_id: UUID) -> SpellcheckJobRow:
    """The row; NotFoundError if there is none."""
    if row is None:
        raise NotFoundError(f"there is no spell-check job {job_id}")
    return row
