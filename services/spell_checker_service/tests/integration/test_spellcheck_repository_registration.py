"""Registering spell checks: one job an essay, one request a key, and failed jobs that are tried again."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from services.kit.errors import ConflictError, NotFoundError
from services.kit.identity import Caller
from services.kit.paging import PageRequest
from services.spell_checker_service.domain import JobFilter, JobStatus
from services.spell_checker_service.requests import RetryRequest, TextToCheck
from services.spell_checker_service.tests.stored_jobs import TEXT, Jobs, request
from tests.support.callers import HEAD, OWNER, STRANGER

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
