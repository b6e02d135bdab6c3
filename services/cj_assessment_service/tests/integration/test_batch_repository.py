"""Batches in PostgreSQL: whose they are, what they may become, and who may change them."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from services.cj_assessment_service.batch_repository_postgres_impl import PostgresBatchRepository
from services.cj_assessment_service.batches import Batch, BatchFilter, BatchStatus, NewEssay
from services.cj_assessment_service.comparisons import Winner
from services.cj_assessment_service.completion import StabilityRule
from services.cj_assessment_service.scoring import FINISHER, Scoring
from services.cj_assessment_service.tests.stored import Stored, new_batch, new_essays
from services.kit.errors import ConflictError, NotFoundError, ValidationFailedError
from services.kit.paging import PageRequest
from services.kit.postgres.errors import broken_constraint
from tests.support.callers import HEAD, OWNER, STRANGER

ALL = PageRequest()


async def test_a_batch_is_stored_with_its_essays(stored: Stored) -> None:
    new, essays = new_batch(org_id=uuid4()), new_essays(2)
    async with stored.use(PostgresBatchRepository) as batches:
        batch = await batches.create(OWNER, new, essays)
        page = await batches.list_essays(OWNER, new.batch_id, ALL)
        assert await batches.get(HEAD, new.batch_id) == batch
        assert await batches.ranking(OWNER, new.batch_id) == ()
        assert (await batches.list_projections(OWNER, new.batch_id, ALL)).items == ()
    assert {name: getattr(batch, name) for name in vars(new)} == vars(new)
    assert (batch.status, batch.round, batch.row_version) == (BatchStatus.PENDING, 1, 1)
    assert {(each.essay_id, each.storage_id) for each in page.items} == {
        (each.essay_id, each.storage_id) for each in essays
    }


async def test_an_id_that_is_taken_is_a_conflict_and_leaves_nothing(stored: Stored) -> None:
    batch = await stored.batch(new_essays(2))
    for caller in (OWNER, HEAD):
        with pytest.raises(ConflictError, match=f"there is a batch {batch.batch_id} already"):
            await stored.batch(new_essays(2), caller, batch_id=batch.batch_id)
    twice = new_essays(1) * 2
    with pytest.raises(ConflictError):
        await stored.batch(twice, batch_id=(other := uuid4()))
    async with stored.use(PostgresBatchRepository) as batches:
        with pytest.raises(NotFoundError):
            await batches.get(OWNER, other)


async def test_an_id_that_another_took_is_not_found(stored: Stored) -> None:
    batch = await stored.batch(new_essays(2))
    with pytest.raises(NotFoundError, match=f"no batch {batch.batch_id}"):
        await stored.batch(new_essays(2), STRANGER, batch_id=batch.batch_id)
    assert await stored.state(batch) == batch


async def test_of_many_who_create_a_batch_at_once_one_does(stored: Stored) -> None:
    batch_id = uuid4()
    outcomes = await asyncio.gather(
        *(stored.batch(new_essays(2), batch_id=batch_id) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(each, ConflictError) for each in outcomes) == 7


@pytest.mark.parametrize("essays", [[], [NewEssay(uuid4(), "0" * 32)]])
async def test_too_few_essays_end_a_batch_at_once(stored: Stored, essays: list[NewEssay]) -> None:
    batch = await stored.batch([replace(each, essay_id=uuid4()) for each in essays])
    assert batch.status is BatchStatus.COMPLETE_INSUFFICIENT_ESSAYS
    assert batch.completed_at is not None


async def test_what_the_tables_do_not_allow_is_refused(stored: Stored) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        await stored.batch([NewEssay(uuid4(), "no hex"), *new_essays(1)])
    assert broken_constraint(refused.value) == "ck_cj_essays_storage_id_is_hex"
    with pytest.raises(ConflictError):
        await stored.batch([NewEssay(uuid4(), "0" * 32, anchor_id=uuid4()), *new_essays(1)])


async def test_what_is_another_s_or_unknown_is_not_found(stored: Stored) -> None:
    batch = await stored.batch(new_essays(2))
    for caller, batch_id in ((STRANGER, batch.batch_id), (OWNER, uuid4())):
        async with stored.use(PostgresBatchRepository) as batches:
            for attempt in (
                batches.get(caller, batch_id),
                batches.list_essays(caller, batch_id, ALL),
                batches.ranking(caller, batch_id),
                batches.list_projections(caller, batch_id, ALL),
                batches.change_budget(caller, batch_id, 50),
            ):
                with pytest.raises(NotFoundError, match=f"no batch {batch_id}"):
                    await attempt


async def test_batches_are_listed_page_by_page_to_those_who_may_see_them(stored: Stored) -> None:
    course, assignment_id = f"course {uuid4()}", uuid4()
    mine = [await stored.batch(new_essays(2), course_code=course) for _ in range(3)]
    done = await stored.batch([], course_code=course, assignment_id=assignment_id)
    other = await stored.batch(new_essays(2), STRANGER, course_code=course)
    wanted = BatchFilter(course_code=course)
    async with stored.use(PostgresBatchRepository) as batches:
        first = await batches.list_batches(OWNER, wanted, PageRequest(limit=3))
        second = await batches.list_batches(OWNER, wanted, PageRequest.of(3, first.next_cursor))
        everything = await batches.list_batches(HEAD, wanted, ALL)
        by_status = await batches.list_batches(OWNER, replace(wanted, status=BatchStatus.PENDING), ALL)
        by_assignment = await batches.list_batches(OWNER, replace(wanted, assignment_id=assignment_id), ALL)
    assert (first.items, second.items, second.next_cursor) == (tuple(mine), (done,), None)
    assert everything.items == (*mine, done, other)
    assert by_status.items == tuple(mine)
    assert by_assignment.items == (done,)


async def test_a_budget_changes_for_who_saw_the_newest_state(stored: Stored) -> None:
    batch = await stored.batch(new_essays(2))
    async with stored.use(PostgresBatchRepository) as batches:
        changed = await batches.change_budget(OWNER, batch.batch_id, 12, expected_row_version=1)
        assert (changed.comparison_budget, changed.status, changed.row_version) == (12, BatchStatus.PENDING, 2)
        with pytest.raises(ConflictError) as refused:
            await batches.change_budget(OWNER, batch.batch_id, 13, expected_row_version=1)
    assert refused.value.details == {"expected": 1, "row_version": 2}


async def test_of_many_who_saw_the_same_state_and_change_the_budget_at_once_one_does(stored: Stored) -> None:
    batch = await stored.batch(new_essays(2))
    together = asyncio.Barrier(8)

    async def change(budget: int) -> Batch:
        async with stored.use(PostgresBatchRepository) as batches:
            seen = await batches.get(OWNER, batch.batch_id)
            await together.wait()
            return await batches.change_budget(OWNER, batch.batch_id, budget, expected_row_version=seen.row_version)

    outcomes = await asyncio.gather(*(change(budget) for budget in range(11, 19)), return_exceptions=True)
    refused = [each.details for each in outcomes if isinstance(each, ConflictError)]
    assert refused == [{"expected": 1, "row_version": 2}] * 7
    assert [each for each in outcomes if isinstance(each, Batch)] == [await stored.state(batch)]


async def test_a_budget_stays_above_what_was_asked_for(stored: Stored) -> None:
    first, second = essays = new_essays(2)
    batch = await stored.batch(essays)
    await stored.asked(batch, (first, second))
    async with stored.use(PostgresBatchRepository) as batches:
        with pytest.raises(ConflictError, match="has asked for 1 comparisons: its budget must be larger"):
            await batches.change_budget(OWNER, batch.batch_id, 1)


async def test_a_complete_batch_keeps_its_budget(stored: Stored) -> None:
    batch = await stored.batch([])
    async with stored.use(PostgresBatchRepository) as batches:
        with pytest.raises(ConflictError, match="changing the budget takes a batch that is"):
            await batches.change_budget(OWNER, batch.batch_id, 100)


async def test_a_larger_budget_takes_a_failed_batch_on(stored: Stored) -> None:
    first, second = essays = new_essays(2)
    batch = await stored.batch(essays, comparison_budget=1)
    (asked,) = await stored.asked(batch, (first, second))
    await stored.decided(asked, winner=Winner.ERROR, error_code="timeout", error_detail="no answer in 60 s")
    await Scoring(stored.database, StabilityRule(0.05, 5)).score(batch.batch_id, FINISHER)
    failed = await stored.state(batch)
    assert (failed.status, failed.failure_code) == (BatchStatus.FAILED, "comparisons_not_connected")
    async with stored.use(PostgresBatchRepository) as batches:
        taken_on = await batches.change_budget(OWNER, batch.batch_id, 2)
    assert (taken_on.status, taken_on.round, taken_on.failure_code) == (BatchStatus.COMPARING, 2, None)
