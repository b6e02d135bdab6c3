"""Relations between contents: once for each pair and kind, and derived_from never in a circle."""

import asyncio
from itertools import pairwise
from uuid import uuid4

import pytest

from services.content_service.domain import (
    Direction,
    NewRelation,
    Relation,
    RelationFilter,
    RelationKind,
    StoredContent,
)
from services.content_service.tests.stored_contents import Contents
from services.kit.errors import ConflictError, NotFoundError, ValidationFailedError
from services.kit.identity import Caller
from services.kit.paging import PageRequest
from tests.support.callers import HEAD, OWNER, STRANGER

DERIVED, CORRECTS = RelationKind.DERIVED_FROM, RelationKind.CORRECTS
ALL = RelationFilter()


async def _add(
    storage: Contents, begin: StoredContent, end: StoredContent, kind: RelationKind = DERIVED, caller: Caller = OWNER
) -> tuple[Relation, bool]:
    async with storage.relations() as relations:
        return await relations.add(caller, NewRelation(begin.content_id, end.content_id, kind))


async def _list(
    storage: Contents, content: StoredContent, wanted: RelationFilter = ALL, caller: Caller = OWNER
) -> list[Relation]:
    async with storage.relations() as relations:
        return list((await relations.list_of_content(caller, content.content_id, wanted, PageRequest())).items)


async def test_a_relation_is_stored_once_for_each_pair_and_kind(shared_storage: Contents) -> None:
    text, essay = await shared_storage.stored(), await shared_storage.stored()
    relation, is_new = await _add(shared_storage, text, essay)
    assert is_new
    assert (relation.from_id, relation.to_id, relation.kind) == (text.content_id, essay.content_id, DERIVED)
    assert relation.created_by == OWNER.user_id
    assert await _add(shared_storage, text, essay) == (relation, False)
    other, is_new = await _add(shared_storage, text, essay, CORRECTS)
    assert (is_new, await _list(shared_storage, essay)) == (True, [relation, other])


@pytest.mark.parametrize("kind", RelationKind)
async def test_the_same_relation_added_many_times_at_once_is_one(shared_storage: Contents, kind: RelationKind) -> None:
    text, essay = await shared_storage.stored(), await shared_storage.stored()
    answers = await asyncio.gather(*(_add(shared_storage, text, essay, kind) for _ in range(8)))
    assert len({relation for relation, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1


async def test_relations_are_listed_by_direction_and_kind(shared_storage: Contents) -> None:
    prompt, essay, text = [await shared_storage.stored() for _ in range(3)]
    out, _ = await _add(shared_storage, essay, prompt, RelationKind.BELONGS_TO)
    derived, _ = await _add(shared_storage, text, essay)
    corrects, _ = await _add(shared_storage, text, essay, CORRECTS)
    assert await _list(shared_storage, essay) == [out, derived, corrects]
    assert await _list(shared_storage, essay, RelationFilter(Direction.OUTGOING)) == [out]
    assert await _list(shared_storage, essay, RelationFilter(Direction.INCOMING)) == [derived, corrects]
    assert await _list(shared_storage, essay, RelationFilter(Direction.INCOMING, CORRECTS)) == [corrects]
    async with shared_storage.relations() as relations:
        first = await relations.list_of_content(OWNER, essay.content_id, ALL, PageRequest(2))
        rest = await relations.list_of_content(OWNER, essay.content_id, ALL, PageRequest.of(2, first.next_cursor))
    assert (first.items, rest.items, rest.next_cursor) == ((out, derived), (corrects,), None)


async def test_a_relation_is_ended_from_either_side_and_once(shared_storage: Contents) -> None:
    text, essay, unrelated = [await shared_storage.stored() for _ in range(3)]
    (derived, _), (corrects, _) = (
        await _add(shared_storage, text, essay),
        await _add(shared_storage, text, essay, CORRECTS),
    )
    async with shared_storage.relations() as relations:
        for caller, content, relation_id in (
            (STRANGER, text, derived.relation_id),
            (OWNER, unrelated, derived.relation_id),
            (OWNER, text, uuid4()),
        ):
            with pytest.raises(NotFoundError):
                await relations.remove(caller, content.content_id, relation_id)
        assert await relations.remove(OWNER, text.content_id, derived.relation_id) == derived
        assert await relations.remove(OWNER, essay.content_id, corrects.relation_id) == corrects
        with pytest.raises(NotFoundError):
            await relations.remove(OWNER, text.content_id, derived.relation_id)
    assert await _list(shared_storage, text) == []


async def test_both_ends_must_be_the_callers_to_touch_and_not_deleted(shared_storage: Contents) -> None:
    mine, theirs = await shared_storage.stored(), await shared_storage.stored(user_id=STRANGER.user_id)
    deleted = await shared_storage.deleted()
    for begin, end, missing in ((mine, theirs, theirs), (theirs, mine, theirs), (mine, deleted, deleted)):
        with pytest.raises(NotFoundError, match=missing.content_id):
            await _add(shared_storage, begin, end)
    await shared_storage.related(mine, theirs, caller=HEAD)
    assert (len(await _list(shared_storage, mine, caller=HEAD)), await _list(shared_storage, mine)) == (1, [])


def test_a_content_does_not_relate_to_itself() -> None:
    with pytest.raises(ValidationFailedError, match="to itself"):
        NewRelation("a" * 32, "a" * 32, CORRECTS)


async def test_derived_from_leads_in_no_circle_of_any_length(shared_storage: Contents) -> None:
    chain = [await shared_storage.stored() for _ in range(5)]
    for newer, older in pairwise(chain):
        await _add(shared_storage, newer, older)
    for begin in chain[1:]:
        with pytest.raises(ConflictError) as refused:
            await _add(shared_storage, begin, chain[0])
        assert refused.value.code == "circle"
    await _add(shared_storage, chain[0], chain[4])


async def test_a_circle_over_what_the_caller_does_not_see_is_refused_too(shared_storage: Contents) -> None:
    mine = await shared_storage.stored()
    theirs = await shared_storage.stored(user_id=STRANGER.user_id)
    hidden = await shared_storage.stored()
    other = await shared_storage.stored()
    for begin, end in ((mine, theirs), (theirs, hidden), (hidden, other)):
        await shared_storage.related(begin, end)
    async with shared_storage.transaction() as contents:
        await contents.soft_delete(OWNER, hidden.content_id)
    with pytest.raises(ConflictError):
        await _add(shared_storage, other, mine)


async def test_other_kinds_may_lead_in_circles(shared_storage: Contents) -> None:
    one, other = await shared_storage.stored(), await shared_storage.stored()
    await _add(shared_storage, one, other, CORRECTS)
    assert (await _add(shared_storage, other, one, CORRECTS))[1]


async def test_relations_that_together_would_close_a_circle_are_not_all_added(shared_storage: Contents) -> None:
    for _ in range(5):
        ring = [await shared_storage.stored() for _ in range(4)]

        async def attempt(begin: StoredContent, end: StoredContent) -> bool:
            try:
                await _add(shared_storage, begin, end)
            except ConflictError:
                return False
            return True

        added = await asyncio.gather(*(attempt(*pair) for pair in zip(ring, [*ring[1:], ring[0]], strict=True)))
        assert sum(added) == len(ring) - 1


async def test_who_would_close_a_circle_waits_for_the_other_half_of_it(shared_storage: Contents) -> None:
    one, other = await shared_storage.stored(), await shared_storage.stored()
    async with shared_storage.relations() as relations:
        await relations.add(OWNER, NewRelation(one.content_id, other.content_id, DERIVED))
        closing = asyncio.create_task(_add(shared_storage, other, one))
        done, _ = await asyncio.wait({closing}, timeout=0.1)
        assert not done
    with pytest.raises(ConflictError):
        await closing
