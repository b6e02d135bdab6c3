"""The contract of the storage of spell checks: jobs, how they move, their corrections, and who sees them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.kit.errors import ConflictError, NotFoundError, ValidationFailedError
from services.kit.identity import Caller
from services.kit.paging import PageRequest
from services.kit.postgres.actor import Actor
from services.spell_checker_service.domain import CorrectionSource, Finding, JobFilter, JobStatus
from services.spell_checker_service.requests import RetryRequest, TextToCheck
from services.spell_checker_service.tests.stored_jobs import FOUND, TEXT, UNREADABLE, Jobs, request, success
from tests.support.callers import HEAD, OWNER, STRANGER

NOW = timedelta(0)
PAGE = PageRequest()


async def test_a_registered_job_is_pending_and_says_what_was_asked(storage: Jobs) -> None:
    asked = request(text=replace(TEXT, whitelist=("Björk", "Åsa")))
    async with storage.transaction() as jobs:
        await jobs.register(asked)
        (job,) = (await jobs.list_jobs(OWNER, JobFilter(batch_id=asked.batch_id), PAGE)).items
        task = await jobs.start(asked.message)
    assert (job.essay_id, job.user_id, job.correlation_id) == (asked.essay_id, OWNER.user_id, asked.correlation_id)
    assert (job.language, job.status, job.error_code) == (asked.text.language, JobStatus.PENDING, None)
    assert (task.job_id, task.owner, task.text) == (job.job_id, OWNER, asked.text)


async def test_registering_again_changes_nothing(storage: Jobs) -> None:
    asked = request()
    async with storage.transaction() as jobs:
        await jobs.register(asked)
        before = await jobs.list_jobs(OWNER, JobFilter(), PAGE)
    async with storage.transaction() as jobs:
        await jobs.register(asked)
        assert await jobs.list_jobs(OWNER, JobFilter(), PAGE) == before


async def test_a_key_or_an_essay_that_is_taken_is_a_conflict(storage: Jobs) -> None:
    first = request()
    await storage.registered(**vars(first))
    for other, code in (
        (replace(first, text=TextToCheck(TEXT.language, "2" * 32)), "idempotency_key_reused"),
        (request(idempotency_key=first.idempotency_key), "idempotency_key_reused"),
        (request(batch_id=first.batch_id, essay_id=first.essay_id), "essay_has_a_job"),
    ):
        with pytest.raises(ConflictError) as refused:
            await storage.registered(**vars(other))
        assert refused.value.code == code


async def test_an_essay_of_another_is_not_found(storage: Jobs) -> None:
    first = request()
    await storage.registered(**vars(first))
    with pytest.raises(NotFoundError):
        await storage.registered(caller=STRANGER, batch_id=first.batch_id, essay_id=first.essay_id)


async def test_a_new_request_takes_over_a_job_that_failed(storage: Jobs) -> None:
    failed = await storage.failed()
    text_to_check = TextToCheck(TEXT.language, "2" * 32, ("Björk",))
    again = request(batch_id=failed.batch_id, essay_id=failed.essay_id, text=text_to_check)
    await storage.registered(**vars(again))
    async with storage.transaction() as jobs:
        job = await jobs.get(OWNER, failed.job_id)
        assert (job.status, job.error_code, job.error_detail) == (JobStatus.PENDING, None, None)
        assert job.correlation_id == again.correlation_id
        assert (await jobs.start(again.message)).text == text_to_check


async def test_a_job_cannot_be_taken_over_under_the_key_of_another_that_is_pending(storage: Jobs) -> None:
    failed, pending = await storage.failed(), await storage.registered()
    with pytest.raises(ConflictError) as refused:
        await storage.registered(
            batch_id=failed.batch_id, essay_id=failed.essay_id, idempotency_key=pending.idempotency_key
        )
    assert refused.value.code == "idempotency_key_reused"


async def test_a_retry_makes_a_failed_job_pending_once(storage: Jobs) -> None:
    failed = await storage.failed()
    retry = RetryRequest(OWNER, "again", uuid4(), failed.job_id)
    for _ in range(2):
        async with storage.transaction() as jobs:
            message = await jobs.register_retry(retry)
            assert (await jobs.get(OWNER, failed.job_id)).status is JobStatus.PENDING
    async with storage.transaction() as jobs:
        assert (await jobs.start(message)).job_id == failed.job_id


@pytest.mark.parametrize(("who", "roles"), [(HEAD, HEAD.roles), (Caller(HEAD.user_id), frozenset())])
async def test_a_job_is_worked_on_with_the_roles_its_owner_had_when_they_asked_last(
    storage: Jobs, who: Caller, roles: frozenset[str]
) -> None:
    failed = await storage.failed(caller=HEAD)
    async with storage.transaction() as jobs:
        message = await jobs.register_retry(RetryRequest(who, "again", uuid4(), failed.job_id))
        assert (await jobs.start(message)).owner == Caller(HEAD.user_id, roles)


async def test_the_roles_of_an_admin_who_tries_anothers_job_again_are_not_its_owners(storage: Jobs) -> None:
    failed = await storage.failed()
    async with storage.transaction() as jobs:
        message = await jobs.register_retry(RetryRequest(HEAD, "again", uuid4(), failed.job_id))
        assert (await jobs.start(message)).owner == OWNER


async def test_nobody_waits_for_the_work_on_a_job_to_learn_that_it_is_there(storage: Jobs) -> None:
    asked = request()
    async with storage.transaction() as working:
        await working.register(asked)
    async with storage.transaction() as working:
        task = await working.start(asked.message)
        assert await storage.registered(**vars(asked)) == asked.message
        for other, code in (
            (request(batch_id=asked.batch_id, essay_id=asked.essay_id), "essay_has_a_job"),
            (request(idempotency_key=asked.idempotency_key), "idempotency_key_reused"),
        ):
            with pytest.raises(ConflictError) as refused:
                await storage.registered(**vars(other))
            assert refused.value.code == code
        async with storage.transaction() as jobs:
            with pytest.raises(ConflictError, match="cannot become pending"):
                await jobs.register_retry(RetryRequest(OWNER, "again", uuid4(), task.job_id))


async def test_a_request_whose_answer_was_forgotten_finds_that_its_essay_has_a_job(storage: Jobs) -> None:
    asked = request()
    await storage.succeeded(**vars(asked))
    with pytest.raises(ConflictError) as refused:
        await storage.registered(**vars(asked))
    assert refused.value.code == "essay_has_a_job"


async def test_only_a_failed_job_of_ones_own_can_be_tried_again(storage: Jobs) -> None:
    succeeded, failed = await storage.succeeded(), await storage.failed()
    async with storage.transaction() as jobs:
        with pytest.raises(ConflictError, match="cannot become pending"):
            await jobs.register_retry(RetryRequest(OWNER, "again", uuid4(), succeeded.job_id))
        for caller, job_id in ((STRANGER, failed.job_id), (OWNER, uuid4())):
            with pytest.raises(NotFoundError):
                await jobs.register_retry(RetryRequest(caller, "again", uuid4(), job_id))


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


async def test_what_is_pending_for_long_enough_is_claimed_the_oldest_first_and_then_counts_as_fresh(
    storage: Jobs,
) -> None:
    messages = [await storage.registered() for _ in range(2)]
    await storage.failed()
    await storage.succeeded()
    claimed = []
    async with storage.transaction() as jobs:
        assert await jobs.claim_pending(timedelta(hours=1)) is None
    await _age_all(storage)
    async with storage.transaction() as jobs:
        while (pending := await jobs.claim_pending(timedelta(hours=1))) is not None:
            claimed.append(pending.message)
    assert claimed == messages


async def test_of_many_who_claim_at_once_each_gets_another_job(storage: Jobs) -> None:
    messages = {await storage.registered() for _ in range(6)}
    await _age_all(storage)
    together = asyncio.Barrier(8)

    async def claim() -> object:
        async with storage.transaction() as jobs:
            await together.wait()
            pending = await jobs.claim_pending(timedelta(hours=1))
            await together.wait()
            return pending and pending.message

    claimed = await asyncio.gather(*(claim() for _ in range(8)))
    assert sorted(claimed, key=str) == sorted([*messages, None, None], key=str)


async def test_a_job_that_somebody_works_on_is_passed_over(storage: Jobs) -> None:
    message = await storage.registered()
    await _age_all(storage)
    async with storage.transaction() as working:
        await working.start(message)
        async with storage.transaction() as jobs:
            assert await jobs.claim_pending(NOW) is None


async def test_of_many_who_register_one_essay_at_once_one_does(storage: Jobs) -> None:
    essay = {"batch_id": uuid4(), "essay_id": uuid4()}
    attempts = await asyncio.gather(*(storage.registered(**essay) for _ in range(8)), return_exceptions=True)
    refused = [attempt for attempt in attempts if isinstance(attempt, ConflictError)]
    assert [error.code for error in refused] == ["essay_has_a_job"] * 7


async def test_of_many_who_register_the_same_request_at_once_all_do_and_there_is_one_job(storage: Jobs) -> None:
    asked = request()
    await asyncio.gather(*(storage.registered(**vars(asked)) for _ in range(8)))
    async with storage.transaction() as jobs:
        assert len((await jobs.list_jobs(OWNER, JobFilter(), PAGE)).items) == 1


async def test_of_many_who_try_a_failed_job_again_at_once_one_does(storage: Jobs) -> None:
    failed = await storage.failed()

    async def retry(number: int) -> None:
        async with storage.transaction() as jobs:
            await jobs.register_retry(RetryRequest(OWNER, f"again {number}", uuid4(), failed.job_id))

    attempts = await asyncio.gather(*(retry(number) for number in range(8)), return_exceptions=True)
    assert sum(isinstance(attempt, ConflictError) for attempt in attempts) == 7
    assert sum(attempt is None for attempt in attempts) == 1


async def _age_all(storage: Jobs) -> None:
    async with storage.database.transaction(Actor(route="test")) as session:
        await session.execute(text("UPDATE spellcheck_jobs SET updated_at = updated_at - interval '1 day'"))
