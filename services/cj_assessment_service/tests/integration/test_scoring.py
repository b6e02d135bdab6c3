"""Scoring happens once, whoever comes at once and whoever dies."""

import asyncio
from datetime import timedelta

from services.cj_assessment_service.batch_repository_postgres_impl import PostgresBatchRepository
from services.cj_assessment_service.batches import Batch, BatchStatus, NewEssay
from services.cj_assessment_service.completion import StabilityRule, scored
from services.cj_assessment_service.scoring import FINISHER, Scoring
from services.cj_assessment_service.scoring_repository_postgres_impl import PostgresScoringRepository
from services.cj_assessment_service.tests.stored import LEASE, Stored, new_essays
from services.kit.paging import PageRequest
from tests.support.callers import OWNER

RULE = StabilityRule(largest_change=0.05, least_comparisons=5)


async def _waiting(stored: Stored, lease: timedelta = LEASE) -> Batch:
    """A batch whose last answer has come, and whose scoring has not begun."""
    first, second, third = essays = new_essays(3)
    batch = await stored.batch(essays, comparison_budget=2)
    for asked in await stored.asked(batch, (first, second), (second, third)):
        await stored.decided(asked, lease=lease)
    return batch


async def _decided(stored: Stored, batch: Batch, *pairs: tuple[NewEssay, NewEssay], round_number: int = 1) -> None:
    """All that is asked in a round is answered, and its scoring has not begun."""
    for asked in await stored.asked(batch, *pairs, round_number=round_number):
        await stored.decided(asked)


async def test_a_batch_left_unscored_is_finished_when_its_lease_is_over(stored: Stored) -> None:
    batch = await _waiting(stored, lease=timedelta(0))
    scoring = Scoring(stored.database, RULE)
    assert await scoring.finish_scoring(LEASE) >= 1
    state = await stored.state(batch)
    assert (state.status, state.completed_at is not None) == (BatchStatus.COMPLETE_MAX_COMPARISONS, True)
    assert await scoring.finish_scoring(LEASE) == 0


async def test_a_batch_that_somebody_is_scoring_is_left_alone(stored: Stored) -> None:
    batch = await _waiting(stored)
    assert await Scoring(stored.database, RULE).finish_scoring(LEASE) == 0
    assert (await stored.state(batch)).status is BatchStatus.SCORING


async def test_replicas_share_what_waits_and_take_nothing_twice(stored: Stored) -> None:
    waiting = [await _waiting(stored, lease=timedelta(0)) for _ in range(4)]

    async def claim() -> object:
        async with stored.use(PostgresScoringRepository) as scoring:
            return await scoring.claim(LEASE)

    claimed = await asyncio.gather(*(claim() for _ in range(10)))
    taken = [each for each in claimed if each is not None]
    assert len(taken) == len(set(taken))
    # A batch that another has locked is skipped, not waited for: it may take a second look to have them all.
    while (more := await claim()) is not None:
        taken.append(more)
    assert sorted(map(str, taken)) == sorted(str(batch.batch_id) for batch in waiting)


async def test_of_two_who_score_at_once_one_stores_the_result(stored: Stored) -> None:
    batch = await _waiting(stored)
    scoring = Scoring(stored.database, RULE)
    stored_by = await asyncio.gather(*(scoring.score(batch.batch_id, FINISHER) for _ in range(6)))
    assert sum(stored_by) == 1
    state = await stored.state(batch)
    assert state.status is BatchStatus.COMPLETE_MAX_COMPARISONS


async def test_a_result_that_comes_too_late_changes_nothing(stored: Stored) -> None:
    batch = await _waiting(stored)
    async with stored.use(PostgresScoringRepository) as scoring:
        task = await scoring.task(batch.batch_id)
    assert task is not None
    await Scoring(stored.database, RULE).score(batch.batch_id, FINISHER)
    before = await stored.state(batch)
    async with stored.use(PostgresScoringRepository) as scoring:
        assert await scoring.finish(task, scored(task, RULE)) is False
        assert await scoring.task(batch.batch_id) is None
    assert await stored.state(batch) == before


async def test_a_result_of_a_round_that_is_over_changes_nothing_while_the_next_is_scored(stored: Stored) -> None:
    first, second, third = essays = new_essays(3)
    batch = await stored.batch(essays, comparison_budget=4)
    await _decided(stored, batch, (first, second), (second, third))
    async with stored.use(PostgresScoringRepository) as scoring:
        late = await scoring.task(batch.batch_id)
    assert late is not None
    await Scoring(stored.database, RULE).score(batch.batch_id, FINISHER)
    await _decided(stored, batch, (third, first), (third, second), round_number=2)
    before = await stored.state(batch)
    assert (before.status, before.round) == (BatchStatus.SCORING, 2)
    async with stored.use(PostgresScoringRepository) as scoring:
        assert await scoring.finish(late, scored(late, RULE)) is False
    assert await stored.state(batch) == before
    assert await Scoring(stored.database, RULE).score(batch.batch_id, FINISHER) is True


async def test_scores_of_a_round_are_kept_while_comparing_goes_on(stored: Stored) -> None:
    first, second = essays = new_essays(2)
    batch = await stored.batch(essays)
    (asked,) = await stored.asked(batch, (first, second))
    await stored.decided(asked)
    assert await Scoring(stored.database, RULE).score(batch.batch_id, FINISHER) is True
    state = await stored.state(batch)
    assert (state.status, state.round, state.completed_at) == (BatchStatus.COMPARING, 2, None)
    async with stored.use(PostgresBatchRepository) as batches:
        ranking = await batches.ranking(OWNER, batch.batch_id)
        listed = (await batches.list_essays(OWNER, batch.batch_id, PageRequest())).items
    assert [(each.essay_id, each.rank) for each in ranking] == [(first.essay_id, 1), (second.essay_id, 2)]
    assert all(each.bt_standard_error for each in listed)
