"""Tags: one of each name for each owner, on any number of contents."""

import asyncio
from uuid import uuid4

import pytest

from services.content_service.domain import StoredContent, Tag
from services.content_service.tests.stored_contents import Contents
from services.kit.errors import NotFoundError
from services.kit.identity import Caller
from services.kit.paging import PageRequest
from tests.support.callers import HEAD, OWNER, STRANGER


async def _tagged(storage: Contents, content: StoredContent, name: str, caller: Caller = OWNER) -> tuple[Tag, bool]:
    async with storage.tags() as tags:
        return await tags.add(caller, content.content_id, name)


async def _tags_of(storage: Contents, content: StoredContent) -> list[Tag]:
    async with storage.tags() as tags:
        return list((await tags.list_of_content(OWNER, content.content_id, PageRequest())).items)


async def test_a_tag_is_made_once_and_given_once(storage: Contents) -> None:
    essay, log = await storage.stored(), await storage.stored()
    tag, is_new = await _tagged(storage, essay, "week 7")
    assert is_new
    assert (tag.name, tag.user_id) == ("week 7", OWNER.user_id)
    assert await _tagged(storage, essay, "week 7") == (tag, False)
    assert await _tagged(storage, log, "week 7") == (tag, True)
    assert await _tags_of(storage, essay) == await _tags_of(storage, log) == [tag]


async def test_tags_belong_to_the_contents_owner_whoever_gives_them(storage: Contents) -> None:
    mine, theirs = await storage.stored(), await storage.stored(user_id=STRANGER.user_id)
    (given, _), (own, _) = await _tagged(storage, mine, "same", HEAD), await _tagged(storage, theirs, "same", STRANGER)
    assert (given.user_id, own.user_id) == (OWNER.user_id, STRANGER.user_id)
    async with storage.tags() as tags:
        assert (await tags.list_by_user(OWNER, OWNER.user_id, PageRequest())).items == (given,)
        assert (await tags.list_by_user(HEAD, STRANGER.user_id, PageRequest())).items == (own,)
        with pytest.raises(NotFoundError):
            await tags.list_by_user(STRANGER, OWNER.user_id, PageRequest())


async def test_a_tag_that_is_removed_stays_on_other_contents(storage: Contents) -> None:
    essay, log = await storage.stored(), await storage.stored()
    tag, _ = await _tagged(storage, essay, "kept")
    await _tagged(storage, log, "kept")
    async with storage.tags() as tags:
        assert await tags.remove(OWNER, essay.content_id, tag.tag_id) == tag
        with pytest.raises(NotFoundError, match=str(tag.tag_id)):
            await tags.remove(OWNER, essay.content_id, tag.tag_id)
    assert (await _tags_of(storage, essay), await _tags_of(storage, log)) == ([], [tag])


async def test_a_tag_that_is_deleted_is_taken_from_all_contents(storage: Contents) -> None:
    contents = [await storage.stored() for _ in range(3)]
    (tag, _), *_ = [await _tagged(storage, content, "old") for content in contents]
    kept, _ = await _tagged(storage, contents[0], "kept")
    async with storage.tags() as tags:
        for stranger_or_unknown in ((STRANGER, tag.tag_id), (OWNER, uuid4())):
            with pytest.raises(NotFoundError):
                await tags.delete(*stranger_or_unknown)
        assert await tags.delete(OWNER, tag.tag_id) == tag
    assert [await _tags_of(storage, content) for content in contents] == [[kept], [], []]
    assert (await _tagged(storage, contents[1], "old"))[0].tag_id != tag.tag_id


async def test_tags_of_anothers_or_a_deleted_content_are_not_found(storage: Contents) -> None:
    mine, deleted = await storage.stored(), await storage.deleted()
    tag, _ = await _tagged(storage, mine, "mine")
    for caller, content in ((STRANGER, mine), (OWNER, deleted)):
        async with storage.tags() as tags:
            for attempt in (
                tags.add(caller, content.content_id, "new"),
                tags.remove(caller, content.content_id, tag.tag_id),
                tags.list_of_content(caller, content.content_id, PageRequest()),
            ):
                with pytest.raises(NotFoundError, match=content.content_id):
                    await attempt


async def test_pages_of_tags_together_are_the_whole(storage: Contents) -> None:
    content = await storage.stored()
    expected = [(await _tagged(storage, content, f"tag {number}"))[0] for number in range(5)]
    listed: list[Tag] = []
    cursor = None
    async with storage.tags() as tags:
        while len(listed) < len(expected):
            page = await tags.list_of_content(OWNER, content.content_id, PageRequest.of(2, cursor))
            listed += page.items
            cursor = page.next_cursor
    assert (listed, cursor) == (expected, None)


async def test_the_same_name_given_to_many_contents_at_once_makes_one_tag(storage: Contents) -> None:
    contents = [await storage.stored() for _ in range(5)]
    answers = await asyncio.gather(*(_tagged(storage, content, "together") for content in contents * 2))
    assert len({tag.tag_id for tag, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == len(contents)


async def test_a_tag_that_is_deleted_while_it_is_given_is_given_whole_or_made_anew(storage: Contents) -> None:
    contents = [await storage.stored() for _ in range(4)]

    async def delete_all() -> None:
        for _ in range(10):
            async with storage.tags() as tags:
                for tag in (await tags.list_by_user(OWNER, OWNER.user_id, PageRequest())).items:
                    await tags.delete(OWNER, tag.tag_id)

    async def give(content: StoredContent) -> None:
        for _ in range(10):
            await _tagged(storage, content, "contested")

    await asyncio.gather(delete_all(), *(give(content) for content in contents))
    tag, _ = await _tagged(storage, contents[0], "contested")
    for content in contents[1:]:
        assert await _tags_of(storage, content) in ([], [tag])
