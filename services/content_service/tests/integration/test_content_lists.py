"""Lists of contents: what belongs to a user, by type, tag and time, in pages that together are the whole."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.content_service.domain import ContentFilter, ContentType, StoredContent
from services.content_service.tests.stored_contents import Contents, new_content
from services.kit.errors import NotFoundError
from services.kit.identity import Caller
from services.kit.paging import PageRequest
from tests.support.callers import HEAD, OWNER, STRANGER

ALL = ContentFilter()


async def _pages(storage: Contents, caller: Caller, wanted: ContentFilter, limit: int) -> AsyncIterator[StoredContent]:
    cursor = None
    while True:
        async with storage.transaction() as contents:
            page = await contents.list_by_user(caller, caller.user_id, wanted, PageRequest.of(limit, cursor))
        assert len(page.items) <= limit
        for content in page.items:
            yield content
        if page.next_cursor is None:
            return
        cursor = page.next_cursor


async def _listed(storage: Contents, wanted: ContentFilter = ALL, limit: int = 50) -> list[StoredContent]:
    return [content async for content in _pages(storage, OWNER, wanted, limit)]


async def test_a_user_lists_their_own_contents_and_an_admin_anyones(storage: Contents) -> None:
    mine = tuple([await storage.stored() for _ in range(2)])
    theirs = (await storage.stored(user_id=STRANGER.user_id),)
    async with storage.transaction() as contents:
        assert (await contents.list_by_user(OWNER, OWNER.user_id, ALL, PageRequest())).items == mine
        assert (await contents.list_by_user(HEAD, STRANGER.user_id, ALL, PageRequest())).items == theirs
        assert (await contents.list_by_user(HEAD, HEAD.user_id, ALL, PageRequest())).items == ()
        with pytest.raises(NotFoundError):
            await contents.list_by_user(STRANGER, OWNER.user_id, ALL, PageRequest())


async def test_contents_are_found_by_type_by_tag_and_by_both(storage: Contents) -> None:
    essay = await storage.stored()
    log, tagged_log = [await storage.stored(content_type=ContentType.PROCESSING_LOG) for _ in range(2)]
    async with storage.tags() as tags:
        await tags.add(OWNER, tagged_log.content_id, "week 7")
        await tags.add(OWNER, essay.content_id, "week 7")
        await tags.add(OWNER, log.content_id, "week 8")
    assert await _listed(storage, ContentFilter(ContentType.PROCESSING_LOG)) == [log, tagged_log]
    assert await _listed(storage, ContentFilter(tag="week 7")) == [essay, tagged_log]
    assert await _listed(storage, ContentFilter(ContentType.PROCESSING_LOG, "week 7")) == [tagged_log]
    assert await _listed(storage, ContentFilter(tag="Week 7")) == []


async def test_contents_are_found_by_time_the_beginning_within_and_the_end_without(storage: Contents) -> None:
    first, second, third = [await storage.stored() for _ in range(3)]
    between = ContentFilter(created_from=second.created_at, created_before=third.created_at)
    assert await _listed(storage, between) == [second]
    later = ContentFilter(created_from=first.created_at + timedelta(microseconds=1))
    assert await _listed(storage, later) == [second, third]


async def test_deleted_contents_are_listed_only_when_asked_for(storage: Contents) -> None:
    kept, deleted = await storage.stored(), await storage.deleted()
    assert await _listed(storage) == [kept]
    assert await _listed(storage, ContentFilter(include_deleted=True)) == [kept, deleted]


@settings(max_examples=15, deadline=None)
@given(transactions=st.lists(st.integers(1, 4), max_size=5), limit=st.integers(1, 6))
async def test_pages_together_are_the_whole_list_in_order(
    shared_storage: Contents, transactions: list[int], limit: int
) -> None:
    stored = await _listed(shared_storage)
    for number in transactions:
        async with shared_storage.transaction() as contents:
            stored += [(await contents.store(new_content()))[0] for _ in range(number)]
    listed = await _listed(shared_storage, limit=limit)
    assert listed == sorted(stored, key=lambda content: (content.created_at, content.content_id))


async def test_contents_of_the_same_instant_are_split_between_pages_without_loss(storage: Contents) -> None:
    stored = {(await storage.stored()).content_id for _ in range(5)}
    async with storage.database.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE contents SET created_at = '2026-01-02 03:04:05.678901+00'")
    listed = [content.content_id for content in await _listed(storage, limit=2)]
    assert listed == sorted(stored)


async def test_a_content_that_comes_while_pages_are_read_is_seen_once_and_hides_none(storage: Contents) -> None:
    before = [await storage.stored() for _ in range(3)]
    pages = _pages(storage, OWNER, ALL, 1)
    seen = [await anext(pages)]
    late = await storage.stored()
    seen += [content async for content in pages]
    assert seen == [*before, late]
