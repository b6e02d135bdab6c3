"""Walks along relations: each content once, at its least depth, as far as asked and as the caller may see."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.content_service.domain import Direction, NewRelation, RelationKind, StoredContent, Walk
from services.content_service.tests.stored_contents import Contents
from services.kit.errors import ConflictError, NotFoundError
from services.kit.identity import Caller
from services.kit.paging import PageRequest
from tests.bench.recorded_statements import recorded
from tests.support.callers import HEAD, OWNER, STRANGER

DERIVED, CORRECTS, BELONGS = RelationKind.DERIVED_FROM, RelationKind.CORRECTS, RelationKind.BELONGS_TO
UP = Walk(Direction.OUTGOING, frozenset({DERIVED}), 50)
DOWN = Walk(Direction.INCOMING, frozenset({DERIVED}), 50)
NODES = 6
Edge = tuple[int, int, RelationKind]


async def _walked(
    storage: Contents, content: StoredContent, walk: Walk, limit: int = 200, caller: Caller = OWNER
) -> dict[str, int]:
    """The depth of each content found, page by page; that none comes twice is asserted."""
    found: dict[str, int] = {}
    cursor = None
    while True:
        async with storage.relations() as relations:
            page = await relations.walk(caller, content.content_id, walk, PageRequest.of(limit, cursor))
        assert not found.keys() & {each.content_id for each in page.items}
        found |= {each.content_id: each.depth for each in page.items}
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


async def test_ancestors_and_descendants_are_found_through_any_number_of_relations(shared_storage: Contents) -> None:
    essay, text, again, feedback = [await shared_storage.stored() for _ in range(4)]
    for begin, end in ((text, essay), (again, text), (feedback, again), (feedback, essay)):
        await shared_storage.related(begin, end)
    assert await _walked(shared_storage, feedback, UP) == {again.content_id: 1, essay.content_id: 1, text.content_id: 2}
    assert await _walked(shared_storage, text, UP) == {essay.content_id: 1}
    assert await _walked(shared_storage, essay, DOWN) == {
        text.content_id: 1,
        feedback.content_id: 1,
        again.content_id: 2,
    }
    assert await _walked(shared_storage, essay, UP) == {}


async def test_what_a_walk_finds_is_the_content_itself(shared_storage: Contents) -> None:
    essay, text = await shared_storage.stored(), await shared_storage.stored()
    await shared_storage.related(text, essay)
    async with shared_storage.relations() as relations:
        (found,) = (await relations.walk(OWNER, text.content_id, UP, PageRequest())).items
    assert vars(found) == vars(essay) | {"depth": 1}


async def test_a_walk_follows_the_kinds_it_is_told_and_no_others(shared_storage: Contents) -> None:
    one, two, three = [await shared_storage.stored() for _ in range(3)]
    await shared_storage.related(one, two, CORRECTS)
    await shared_storage.related(two, three, BELONGS)
    assert await _walked(shared_storage, one, UP) == {}
    only = Walk(Direction.OUTGOING, frozenset({CORRECTS}), 50)
    assert await _walked(shared_storage, one, only) == {two.content_id: 1}
    both = Walk(Direction.OUTGOING, frozenset({CORRECTS, BELONGS}), 50)
    assert await _walked(shared_storage, one, both) == {two.content_id: 1, three.content_id: 2}


async def test_a_walk_goes_no_further_than_its_depth(shared_storage: Contents) -> None:
    chain = [await shared_storage.stored() for _ in range(5)]
    for begin, end in pairwise(chain):
        await shared_storage.related(begin, end)
    for depth in (1, 3):
        walk = Walk(Direction.OUTGOING, frozenset({DERIVED}), depth)
        expected = {content.content_id: steps for steps, content in enumerate(chain) if 1 <= steps <= depth}
        assert await _walked(shared_storage, chain[0], walk) == expected


@pytest.mark.parametrize("length", [2, 12])
async def test_a_walk_of_any_length_is_one_query_after_the_one_for_where_it_begins(
    shared_storage: Contents, length: int
) -> None:
    chain = [await shared_storage.stored() for _ in range(length)]
    for begin, end in pairwise(chain):
        await shared_storage.related(begin, end)
    with recorded(shared_storage.database.engine.sync_engine) as statements:
        found = await _walked(shared_storage, chain[0], UP)
    assert len(found) == length - 1
    assert ["RECURSIVE" in statement.text for statement in statements] == [False, True]


async def test_what_the_caller_may_not_see_is_neither_found_nor_walked_through(shared_storage: Contents) -> None:
    mine, beyond = await shared_storage.stored(), await shared_storage.stored()
    theirs, deleted = await shared_storage.stored(user_id=STRANGER.user_id), await shared_storage.stored()
    for between in (theirs, deleted):
        await shared_storage.related(mine, between)
        await shared_storage.related(between, beyond)
    async with shared_storage.transaction() as contents:
        await contents.soft_delete(OWNER, deleted.content_id)
    assert await _walked(shared_storage, mine, UP) == {}
    assert await _walked(shared_storage, mine, UP, caller=HEAD) == {theirs.content_id: 1, beyond.content_id: 2}
    for caller, begin in ((STRANGER, mine), (OWNER, deleted)):
        with pytest.raises(NotFoundError):
            await _walked(shared_storage, begin, UP, caller=caller)


async def test_a_dense_graph_full_of_circles_is_walked_to_the_end(shared_storage: Contents) -> None:
    """Paths through it are beyond counting: a walk that followed each of them would not come back."""
    crowd = [await shared_storage.stored() for _ in range(9)]
    for begin in crowd:
        for end in crowd:
            if begin is not end:
                await shared_storage.related(begin, end, CORRECTS)
    walk = Walk(Direction.OUTGOING, frozenset({CORRECTS}), 50)
    assert await _walked(shared_storage, crowd[0], walk, 5) == {content.content_id: 1 for content in crowd[1:]}


def _expected(edges: set[Edge], begin: int, walk: Walk) -> dict[int, int]:
    """A breadth-first walk by hand."""
    depths, edge_of = {begin: 0}, set()
    for one, other, kind in edges:
        if kind in walk.kinds:
            edge_of.add((one, other) if walk.direction is Direction.OUTGOING else (other, one))
    for depth in range(1, walk.max_depth + 1):
        reached = {other for one, other in edge_of if depths.get(one) == depth - 1}
        depths |= dict.fromkeys(reached - depths.keys(), depth)
    return {node: depth for node, depth in depths.items() if node != begin}


EDGES = st.lists(
    st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1), st.sampled_from([DERIVED, CORRECTS])), max_size=14
)
WALKS = st.builds(
    Walk,
    st.sampled_from(Direction),
    st.frozensets(st.sampled_from([DERIVED, CORRECTS]), min_size=1),
    st.integers(1, NODES),
)


@settings(max_examples=15, deadline=None)
@given(edges=EDGES, walk=WALKS, begin=st.integers(0, NODES - 1), limit=st.integers(1, NODES))
async def test_any_walk_finds_what_a_walk_by_hand_finds(
    shared_storage: Contents, edges: list[Edge], walk: Walk, begin: int, limit: int
) -> None:
    nodes = [await shared_storage.stored() for _ in range(NODES)]
    added: set[Edge] = set()
    async with shared_storage.relations() as relations:
        for one, other, kind in edges:
            if one == other:
                continue
            back = (
                kind is DERIVED
                and one in {other} | _expected(added, other, Walk(Direction.OUTGOING, frozenset({kind}), NODES)).keys()
            )
            new = NewRelation(nodes[one].content_id, nodes[other].content_id, kind)
            if back:
                with pytest.raises(ConflictError):
                    await relations.add(OWNER, new)
            else:
                await relations.add(OWNER, new)
                added.add((one, other, kind))
    expected = {nodes[node].content_id: depth for node, depth in _expected(added, begin, walk).items()}
    assert await _walked(shared_storage, nodes[begin], walk, limit) == expected
