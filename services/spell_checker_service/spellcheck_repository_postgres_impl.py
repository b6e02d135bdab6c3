"""The storage of spell checks in PostgreSQL."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.kit.errors import NotFoundError
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest
from services.kit.postgres.processed_messages import Message
from services.kit.postgres.rows import page_of, record_of
from services.spell_checker_service import domain
from services.spell_checker_service.correction_ids import correction_id_at
from services.spell_checker_service.job_queries import answers_about, filtered, found, of_word, one_job, visible_jobs
from services.spell_checker_service.job_registration import JobRegistration
from services.spell_checker_service.models_db import ProcessedMessageRow, SpellcheckCorrectionRow, SpellcheckJobRow
from services.spell_checker_service.protocols import SpellcheckRepository
from services.spell_checker_service.requests import PendingJob, RetryRequest, SpellcheckRequest, Task, TextToCheck


class PostgresSpellcheckRepository(SpellcheckRepository):
    """Works in the transaction of the session it is given; whatever changes a job locks its row first."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def register(self, request: SpellcheckRequest) -> None:
        """See to it that the essay has a job for this request; ConflictError."""
        await JobRegistration(self._session).register(request)

    async def register_retry(self, request: RetryRequest) -> Message:
        """Make a job that failed `pending` again; NotFoundError, ConflictError."""
        return await JobRegistration(self._session).register_retry(request)

    async def start(self, message: Message) -> Task:
        """Move the message's job from `pending` to `in_progress`; NotFoundError, ConflictError."""
        asked_for = select(SpellcheckJobRow).filter_by(
            user_id=message.user_id,
            idempotency_key=message.idempotency_key,
            request_sha256=message.request_sha256,
        )
        row = await self._session.scalar(asked_for.with_for_update())
        if row is None:
            raise NotFoundError("the spell-check job is not there any more: it was deleted meanwhile")
        domain.MOVES.refuse(row.status, domain.JobStatus.IN_PROGRESS)
        row.status = domain.JobStatus.IN_PROGRESS
        await self._store(row)
        owner = Caller(row.user_id, frozenset(row.user_roles))
        return Task(row.job_id, owner, TextToCheck(row.language, row.original_storage_id, row.whitelist))

    async def succeed(self, job_id: UUID, success: domain.Success) -> domain.SpellcheckJob:
        """Store what was found, and the job's success; NotFoundError, ConflictError."""
        row = await self._moved(job_id, domain.JobStatus.SUCCESS)
        row.corrected_storage_id = success.corrected_storage_id
        row.total_words = success.total_words
        row.total_corrections = success.total_corrections
        row.processing_ms = success.processing_ms
        await self._store(row)
        await self._store_findings(row, success.findings)
        return record_of(domain.SpellcheckJob, row)

    async def fail(self, job_id: UUID, failure: domain.Failure) -> domain.SpellcheckJob:
        """Store why the text could not be checked; NotFoundError, ConflictError."""
        row = await self._moved(job_id, domain.JobStatus.FAILED)
        row.error_code, row.error_detail = failure.code, failure.detail
        await self._store(row)
        return record_of(domain.SpellcheckJob, row)

    async def get(self, caller: Caller, job_id: UUID) -> domain.SpellcheckJob:
        """The job; NotFoundError."""
        return record_of(domain.SpellcheckJob, found(await self._session.scalar(one_job(caller, job_id)), job_id))

    async def list_jobs(
        self, caller: Caller, wanted: domain.JobFilter, page: PageRequest
    ) -> Page[domain.SpellcheckJob]:
        """The jobs that the caller may see, oldest first; NotFoundError."""
        if wanted.user_id is not None:
            caller.refuse_stranger(wanted.user_id, "spell-check jobs")
        jobs = await page_of(self._session, filtered(visible_jobs(caller), wanted), SpellcheckJobRow.job_id, page)
        return Page(tuple(record_of(domain.SpellcheckJob, row) for row in jobs.items), jobs.next_cursor)

    async def list_corrections(self, caller: Caller, job_id: UUID, page: PageRequest) -> Page[domain.Correction]:
        """The job's corrections, in the order of the text; NotFoundError."""
        await self.get(caller, job_id)
        return await self._corrections(select(SpellcheckCorrectionRow).filter_by(job_id=job_id), page)

    async def search_corrections(self, caller: Caller, word: str, page: PageRequest) -> Page[domain.Correction]:
        """The corrections of that word, in any case, in all texts that the caller may see, oldest first."""
        return await self._corrections(of_word(caller, word), page)

    async def delete(self, caller: Caller, job_id: UUID) -> domain.SpellcheckJob:
        """Remove the job with the answers that tell of it; PostgreSQL removes its corrections. NotFoundError."""
        row = found(await self._session.scalar(one_job(caller, job_id).with_for_update()), job_id)
        job = record_of(domain.SpellcheckJob, row)
        await self._session.execute(delete(SpellcheckJobRow).where(SpellcheckJobRow.job_id == job_id))
        await self._session.execute(delete(ProcessedMessageRow).where(*answers_about(job)))
        return job

    async def claim_pending(self, older_than: timedelta) -> PendingJob | None:
        """A job that has been `pending` for longer than that, and counts as fresh from now on."""
        job = SpellcheckJobRow
        due = select(job.job_id).where(
            job.status == domain.JobStatus.PENDING, job.updated_at < func.clock_timestamp() - older_than
        )
        first = due.order_by(job.updated_at).limit(1).with_for_update(skip_locked=True).scalar_subquery()
        claim = update(job).where(job.job_id == first).values(updated_at=func.clock_timestamp())
        row = await self._session.scalar(claim.returning(job))
        if row is None:
            return None
        return PendingJob(Message(row.user_id, row.idempotency_key, row.request_sha256), row.correlation_id)

    async def _moved(self, job_id: UUID, wanted: domain.JobStatus) -> SpellcheckJobRow:
        one = select(SpellcheckJobRow).filter_by(job_id=job_id).with_for_update()
        row = found(await self._session.scalar(one), job_id)
        domain.MOVES.refuse(row.status, wanted)
        row.status = wanted
        return row

    async def _store_findings(self, row: SpellcheckJobRow, findings: tuple[domain.Finding, ...]) -> None:
        """At one instant, so that nothing but the positions decides the order of a job's corrections."""
        if not findings:
            return
        ids = {"job_id": row.job_id, "user_id": row.user_id, "created_at": row.updated_at}
        rows = [{**vars(finding), **ids, "correction_id": correction_id_at(finding.position)} for finding in findings]
        await self._session.execute(insert(SpellcheckCorrectionRow), rows)

    async def _corrections(
        self, corrections: Select[SpellcheckCorrectionRow], page: PageRequest
    ) -> Page[domain.Correction]:
        rows = await page_of(self._session, corrections, SpellcheckCorrectionRow.correction_id, page)
        return Page(tuple(record_of(domain.Correction, row) for row in rows.items), rows.next_cursor)

    async def _store(self, row: SpellcheckJobRow) -> None:
        self._session.add(row)
        await self._session.flush()
