"""Who sees and deletes which spell checks and corrections, and in what order they are listed."""

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kit.errors import NotFoundError
from services.kit.paging import PageRequest
from services.spell_checker_service.domain import JobFilter, JobStatus
from services.spell_checker_service.tests.stored_jobs import FOUND, Jobs
from tests.support.callers import HEAD, OWNER, STRANGER

PAGE = PageRequest()


async def test_what_belongs_to_another_is_not_found_and_an_admin_sees_all(storage: Jobs) -> None:
    job = await storage.succeeded(*FOUND)
    async with storage.transaction() as jobs:
        assert await jobs.get(HEAD, job.job_id) == job
        assert len((await jobs.list_corrections(HEAD, job.job_id, PAGE)).items) == len(FOUND)
        for caller, job_id in ((STRANGER, job.job_id), (OWNER, uuid4())):
            with pytest.raises(NotFoundError):
                await jobs.get(caller, job_id)
            with pytest.raises(NotFoundError):
                await jobs.list_corrections(caller, job_id, PAGE)
            with pytest.raises(NotFoundError):
                await jobs.delete(caller, job_id)


async def test_jobs_are_listed_by_what_is_asked_for(storage: Jobs) -> None:
    failed, succeeded = await storage.failed(), await storage.succeeded()
    theirs = await storage.succeeded(caller=STRANGER)
    async with storage.transaction() as jobs:
        for wanted, caller, expected in (
            (JobFilter(), OWNER, (failed, succeeded)),
            (JobFilter(), HEAD, (failed, succeeded, theirs)),
            (JobFilter(batch_id=failed.batch_id), OWNER, (failed,)),
            (JobFilter(essay_id=succeeded.essay_id), OWNER, (succeeded,)),
            (JobFilter(status=JobStatus.FAILED), OWNER, (failed,)),
            (JobFilter(user_id=STRANGER.user_id), HEAD, (theirs,)),
            (JobFilter(batch_id=theirs.batch_id), OWNER, ()),
        ):
            assert (await jobs.list_jobs(caller, wanted, PAGE)).items == expected
        with pytest.raises(NotFoundError):
            await jobs.list_jobs(OWNER, JobFilter(user_id=STRANGER.user_id), PAGE)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(positions=st.sets(st.integers(0, 2**31 - 1), max_size=9), limit=st.integers(1, 5))
async def test_pages_of_corrections_together_are_all_in_the_order_of_the_text(
    storage: Jobs, positions: set[int], limit: int
) -> None:
    job = await storage.succeeded(*(replace(FOUND[0], position=position) for position in positions))
    listed: list[int] = []
    cursor = None
    while True:
        async with storage.transaction() as jobs:
            page = await jobs.list_corrections(OWNER, job.job_id, PageRequest.of(limit, cursor))
        listed += [correction.position for correction in page.items]
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert listed == sorted(positions)


async def test_corrections_of_a_word_are_found_in_any_case_in_ones_own_texts(storage: Jobs) -> None:
    mine = [await storage.succeeded(*FOUND) for _ in range(2)]
    theirs = await storage.succeeded(*FOUND, caller=STRANGER)
    async with storage.transaction() as jobs:
        for caller, word, expected in (
            (OWNER, "BJÖRK", mine),
            (STRANGER, "björk", [theirs]),
            (HEAD, "recieve", [*mine, theirs]),
            (OWNER, "receive", []),
            (OWNER, "recieve%", []),
        ):
            found = (await jobs.search_corrections(caller, word, PAGE)).items
            assert [correction.job_id for correction in found] == [job.job_id for job in expected]


async def test_a_deleted_job_takes_its_corrections_along_and_no_others(storage: Jobs) -> None:
    gone, kept = await storage.succeeded(*FOUND), await storage.succeeded(*FOUND)
    async with storage.transaction() as jobs:
        assert await jobs.delete(OWNER, gone.job_id) == gone
        with pytest.raises(NotFoundError):
            await jobs.get(OWNER, gone.job_id)
        found = (await jobs.search_corrections(OWNER, "recieve", PAGE)).items
    assert [correction.job_id for correction in found] == [kept.job_id]
