"""What becomes of a spell check that was started: its success with all corrections, or why it failed."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from services.kit.errors import ConflictError, NotFoundError, ValidationFailedError
from services.kit.paging import PageRequest
from services.spell_checker_service.domain import CorrectionSource, Finding, JobFilter, JobStatus
from services.spell_checker_service.tests.stored_jobs import FOUND, UNREADABLE, Jobs, request, success
from tests.support.callers import OWNER

PAGE = PageRequest()


async def test_a_success_is_stored_with_its_corrections_in_the_order_of_the_text(storage: Jobs) -> None:
    job = await storage.succeeded(*reversed(FOUND))
    assert (job.status, job.corrected_storage_id) == (JobStatus.SUCCESS, "1" * 32)
    assert (job.total_words, job.total_corrections, job.processing_ms) == (3, 2, 3)
    async with storage.transaction() as jobs:
        assert await jobs.get(OWNER, job.job_id) == job
        corrections = (await jobs.list_corrections(OWNER, job.job_id, PAGE)).items
    assert [Finding(*(getattr(c, name) for name in vars(FOUND[0]))) for c in corrections] == list(FOUND)


async def test_a_failure_is_stored_with_its_reason(storage: Jobs) -> None:
    job = await storage.failed()
    assert (job.status, job.error_code, job.error_detail) == (JobStatus.FAILED, UNREADABLE.code, UNREADABLE.detail)
    async with storage.transaction() as jobs:
        assert await jobs.get(OWNER, job.job_id) == job


async def test_moves_that_are_not_allowed_are_conflicts(storage: Jobs) -> None:
    message = await storage.registered()
    async with storage.transaction() as jobs:
        (pending,) = (await jobs.list_jobs(OWNER, JobFilter(), PAGE)).items
        with pytest.raises(ConflictError):
            await jobs.succeed(pending.job_id, success())
        with pytest.raises(ConflictError):
            await jobs.fail(pending.job_id, UNREADABLE)
    await storage.started(message)
    with pytest.raises(ConflictError):
        await storage.started(message)


async def test_a_job_that_is_not_there_cannot_be_worked_on(storage: Jobs) -> None:
    async with storage.transaction() as jobs:
        with pytest.raises(NotFoundError):
            await jobs.start(request().message)
        with pytest.raises(NotFoundError):
            await jobs.succeed(uuid4(), success())
        with pytest.raises(NotFoundError):
            await jobs.fail(uuid4(), UNREADABLE)


async def test_a_finding_that_makes_no_sense_is_refused_with_all_of_its_job(storage: Jobs) -> None:
    job_id = await storage.started(await storage.registered())
    with pytest.raises(ValidationFailedError):
        await _succeed(storage, job_id, FOUND[0], replace(FOUND[1], source=CorrectionSource.WHITELIST))
    async with storage.transaction() as jobs:
        assert (await jobs.get(OWNER, job_id)).status is JobStatus.IN_PROGRESS
        assert (await jobs.list_corrections(OWNER, job_id, PAGE)).items == ()


async def test_a_word_cannot_be_found_twice_at_one_place(storage: Jobs) -> None:
    job_id = await storage.started(await storage.registered())
    with pytest.raises(ConflictError):
        await _succeed(storage, job_id, FOUND[0], FOUND[0])


async def _succeed(storage: Jobs, job_id: UUID, *findings: Finding) -> None:
    async with storage.transaction() as jobs:
        await jobs.succeed(job_id, success(*findings))
