"""Comparisons in PostgreSQL: asked for within the budget, decided once, counted right whoever answers at once."""

import asyncio
from itertools import combinations
from typing import Any
from uuid import uuid4

import pytest

from services.cj_assessment_service.batch_repository_postgres_impl import PostgresBatchRepository
from services.cj_assessment_service.batches import BatchStatus
from services.cj_assessment_service.comparison_repository_postgres_impl import PostgresComparisonRepository
from services.cj_assessment_service.comparisons import ComparisonFilter, JudgeKind, NewComparison, Winner
from services.cj_assessment_service.tests.stored import LEASE, Stored, new_essays, wins_a
from services.kit.errors import ConflictError, NotFoundError
from services.kit.paging import PageRequest
from services.kit.postgres.errors import broken_constraint
from tests.support.callers import HEAD, OWNER, STRANGER

AT_ONCE = 20


async def test_comparisons_asked_for_are_counted_and_move_the_batch(stored: Stored) -> None:
    first, second, third = essays = new_essays(3)
    batch = await stored.batch(essays)
    asked = await stored.asked(batch, (first, second), (third, first))
    assert [(each.essay_a, each.essay_b, each.winner) for each in asked] == [
        (first.essay_id, second.essay_id, None),
        (third.essay_id, first.essay_id, None),
    ]
    state = await stored.state(batch)
    assert (state.status, state.comparisons_submitted, state.row_version) == (BatchStatus.COMPARING, 2, 2)
    assert await stored.asked(batch) == ()


async def test_no_more_is_asked_for_than_the_budget_allows(stored: Stored) -> None:
    first, second, third = essays = new_essays(3)
    batch = await stored.batch(essays, comparison_budget=1)
    with pytest.raises(ConflictError, match="may ask for 1 more comparisons, not for 2"):
        await stored.asked(batch, (first, second), (second, third))
    assert (await stored.state(batch)).comparisons_submitted == 0


async def test_budgets_hold_when_many_ask_at_once(stored: Stored) -> None:
    essays = new_essays(8)
    batch = await stored.batch(essays, comparison_budget=7)
    pairs = list(combinations(essays, 2))[:AT_ONCE]
    outcomes = await asyncio.gather(*(stored.asked(batch, pair) for pair in pairs), return_exceptions=True)
    assert sum(isinstance(each, ConflictError) for each in outcomes) == AT_ONCE - 7
    assert (await stored.state(batch)).comparisons_submitted == 7


async def test_a_pair_is_not_asked_for_twice_in_a_round_either_way_round(stored: Stored) -> None:
    first, second = essays = new_essays(2)
    batch = await stored.batch(essays)
    await stored.asked(batch, (first, second))
    with pytest.raises(ConflictError) as refused:
        await stored.asked(batch, (second, first))
    assert broken_constraint(refused.value) == "uq_cj_comparisons_pair_in_round"
    await stored.asked(batch, (second, first), round_number=2)


async def test_essays_of_another_batch_are_not_compared(stored: Stored) -> None:
    (mine, _), (other, _) = mine_and_more, _ = new_essays(2), new_essays(2)
    batch = await stored.batch(mine_and_more)
    with pytest.raises(ConflictError, match="refers to something that isn't there"):
        await stored.asked(batch, (mine, other))


async def test_the_history_tells_rounds_and_failures_apart(stored: Stored) -> None:
    first, second, third, *_ = essays = new_essays(6)
    batch = await stored.batch(essays)
    failed, _ = await stored.asked(batch, (first, second), (second, third))
    await stored.decided(failed, winner=Winner.ERROR, error_code="timeout")
    async with stored.use(PostgresComparisonRepository) as comparisons:
        history = await comparisons.history(OWNER, batch.batch_id)
    assert set(history.essays) == {each.essay_id for each in essays}
    assert history.compared == ((second.essay_id, third.essay_id),)
    assert history.asked_in_round == ((first.essay_id, second.essay_id), (second.essay_id, third.essay_id))
    assert (history.round, history.submitted, history.budget_left) == (1, 2, 8)


async def test_the_first_answer_stays_and_says_so(stored: Stored) -> None:
    first, second = essays = new_essays(2)
    batch = await stored.batch(essays)
    (asked,) = await stored.asked(batch, (first, second))
    decided = await stored.decided(
        asked, confidence=4.5, justification="clearer", judge_kind=JudgeKind.MODEL, judge="m"
    )
    again = await stored.decided(asked, winner=Winner.ERROR, error_code="late")
    assert (decided.repeated, decided.round_is_over) == (False, True)
    assert (again.repeated, again.round_is_over) == (True, False)
    assert again.comparison == decided.comparison
    assert (decided.comparison.winner, decided.comparison.confidence, decided.comparison.justification) == (
        Winner.ESSAY_A,
        4.5,
        "clearer",
    )
    state = await stored.state(batch)
    assert (state.status, state.comparisons_completed, state.comparisons_failed) == (BatchStatus.SCORING, 1, 0)


async def test_one_of_many_first_answers_at_once_wins(stored: Stored) -> None:
    first, second = essays = new_essays(2)
    batch = await stored.batch(essays)
    (asked,) = await stored.asked(batch, (first, second))
    decisions = await asyncio.gather(
        *(stored.decided(asked, justification=f"judge {number}") for number in range(AT_ONCE))
    )
    assert sum(not each.repeated for each in decisions) == 1
    assert sum(each.round_is_over for each in decisions) == 1
    assert len({each.comparison for each in decisions}) == 1
    state = await stored.state(batch)
    assert (state.comparisons_completed, state.comparisons_failed) == (1, 0)


async def test_counters_stay_right_when_all_judges_answer_at_once(stored: Stored) -> None:
    essays = new_essays(8)
    batch = await stored.batch(essays, comparison_budget=AT_ONCE)
    asked = await stored.asked(batch, *list(combinations(essays, 2))[:AT_ONCE])
    error: dict[str, Any] = {"winner": Winner.ERROR, "error_code": "timeout"}
    decisions = await asyncio.gather(
        *(stored.decided(each, **(error if number % 4 == 0 else {})) for number, each in enumerate(asked)),
        *(stored.decided(each) for each in asked[1::4]),
    )
    state = await stored.state(batch)
    assert (state.comparisons_submitted, state.comparisons_completed, state.comparisons_failed) == (20, 15, 5)
    assert sum(each.round_is_over for each in decisions) == 1
    assert state.status is BatchStatus.SCORING
    async with stored.use(PostgresBatchRepository) as batches:
        found = (await batches.list_essays(OWNER, batch.batch_id, PageRequest())).items
    assert sum(each.comparison_count for each in found) == 2 * 15


async def test_what_is_another_s_or_unknown_is_not_found(stored: Stored) -> None:
    first, second = essays = new_essays(2)
    batch = await stored.batch(essays)
    (asked,) = await stored.asked(batch, (first, second))
    more = [NewComparison(uuid4(), batch.batch_id, 1, first.essay_id, second.essay_id, uuid4())]
    for caller, named in ((STRANGER, asked.request_correlation_id), (OWNER, uuid4())):
        async with stored.use(PostgresComparisonRepository) as comparisons:
            with pytest.raises(NotFoundError, match="nobody asked"):
                await comparisons.get(caller, named)
            with pytest.raises(NotFoundError, match="nobody asked"):
                await comparisons.decide(caller, named, wins_a(), LEASE)
    async with stored.use(PostgresComparisonRepository) as comparisons:
        with pytest.raises(NotFoundError):
            await comparisons.history(STRANGER, batch.batch_id)
        with pytest.raises(NotFoundError):
            await comparisons.request(STRANGER, more)
        with pytest.raises(NotFoundError):
            await comparisons.list_comparisons(STRANGER, batch.batch_id, ComparisonFilter(), PageRequest())
        assert await comparisons.get(HEAD, asked.request_correlation_id) == asked


async def test_comparisons_are_listed_page_by_page(stored: Stored) -> None:
    first, second, third, fourth = essays = new_essays(4)
    batch = await stored.batch(essays)
    asked = await stored.asked(batch, (first, second), (third, fourth), (first, third))
    async with stored.use(PostgresComparisonRepository) as comparisons:
        page = await comparisons.list_comparisons(OWNER, batch.batch_id, ComparisonFilter(), PageRequest(limit=2))
        rest = PageRequest.of(2, page.next_cursor)
        last = await comparisons.list_comparisons(OWNER, batch.batch_id, ComparisonFilter(), rest)
    assert {*page.items, *last.items} == set(asked)
    assert (len(last.items), last.next_cursor) == (1, None)


@pytest.mark.parametrize(
    ("wanted", "listed"),
    [(ComparisonFilter(open=True), {0, 2}), (ComparisonFilter(open=False), {1}), (ComparisonFilter(round=2), {2})],
)
async def test_comparisons_are_listed_by_what_is_asked(
    stored: Stored, wanted: ComparisonFilter, listed: set[int]
) -> None:
    first, second, third = essays = new_essays(3)
    batch = await stored.batch([*essays, *new_essays(5)])
    asked = [*await stored.asked(batch, (first, second), (second, third))]
    asked += await stored.asked(batch, (first, third), round_number=2)
    await stored.decided(asked[1])
    async with stored.use(PostgresComparisonRepository) as comparisons:
        found = await comparisons.list_comparisons(OWNER, batch.batch_id, wanted, PageRequest())
    assert {each.comparison_id for each in found.items} == {asked[number].comparison_id for number in listed}
