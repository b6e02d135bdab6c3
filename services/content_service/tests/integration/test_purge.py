"""What was deleted long enough ago goes for good, with all that refers to it; what is being brought back does not."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta

import pytest

from services.content_service.domain import RelationKind, StoredContent
from services.content_service.purging import purge_deleted_contents
from services.content_service.tests.stored_contents import Contents, opened
from services.kit.errors import NotFoundError
from tests.support.callers import HEAD, OWNER
from tests.support.database_clock import put_clock_ahead
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run

FAR_AHEAD = datetime(2999, 1, 1, tzinfo=UTC)
AT_ONCE = timedelta(seconds=-60)


async def _purge(storage: Contents, limit: int = 10, before: datetime = FAR_AHEAD) -> int:
    async with storage.transaction() as contents:
        return await contents.purge_deleted(before, limit)


async def _delete(storage: Contents, content: StoredContent) -> None:
    async with storage.transaction() as contents:
        await contents.soft_delete(HEAD, content.content_id)


def _rows(place: ServiceDatabase) -> dict[str, object]:
    tables = ("contents", "content_bodies", "content_relations", "content_tags", "tags")
    return {table: run(place.app_url, f"SELECT count(*) FROM {table}")[0][0] for table in tables}


async def test_a_purge_removes_bytes_tags_and_relations_and_leaves_the_others(
    storage: Contents, content_database: ServiceDatabase
) -> None:
    going, kept, other = [await storage.stored() for _ in range(3)]
    await storage.related(going, kept)
    await storage.related(other, going, RelationKind.CORRECTS)
    await storage.related(other, kept)
    async with storage.tags() as tags:
        for content in (going, kept):
            await tags.add(OWNER, content.content_id, "both")
    await _delete(storage, going)
    assert await _purge(storage) == 1
    assert _rows(content_database) == {
        "contents": 2,
        "content_bodies": 2,
        "content_relations": 1,
        "content_tags": 1,
        "tags": 1,
    }
    async with storage.transaction() as contents:
        with pytest.raises(NotFoundError):
            await contents.get(HEAD, going.content_id, include_deleted=True)


async def test_contents_that_are_not_deleted_or_not_long_enough_stay(storage: Contents) -> None:
    kept, deleted = await storage.stored(), await storage.deleted()
    assert deleted.deleted_at is not None
    assert await _purge(storage, before=deleted.deleted_at) == 0
    assert await _purge(storage, before=deleted.deleted_at + timedelta(microseconds=1)) == 1
    async with storage.transaction() as contents:
        assert await contents.get(OWNER, kept.content_id) == kept


async def test_a_purge_takes_no_more_than_its_limit_and_the_oldest_first(storage: Contents) -> None:
    deleted = [await storage.deleted() for _ in range(3)]
    assert await _purge(storage, limit=2) == 2
    async with storage.transaction() as contents:
        assert await contents.get(OWNER, deleted[2].content_id, include_deleted=True) == deleted[2]
    assert [await _purge(storage, limit=2), await _purge(storage, limit=2)] == [1, 0]


async def test_a_content_that_is_being_restored_is_not_purged(storage: Contents) -> None:
    deleted = await storage.deleted()
    async with storage.transaction() as restoring:
        await restoring.restore(OWNER, deleted.content_id)
        assert await _purge(storage) == 0
    async with storage.transaction() as contents:
        await contents.get(OWNER, deleted.content_id)


async def test_whoever_restores_a_content_that_is_being_purged_finds_it_gone(storage: Contents) -> None:
    deleted = await storage.deleted()

    async def restore() -> None:
        async with storage.transaction() as contents:
            await contents.restore(OWNER, deleted.content_id)

    async with storage.transaction() as purging:
        assert await purging.purge_deleted(FAR_AHEAD, 10) == 1
        late = asyncio.create_task(restore())
        done, _ = await asyncio.wait({late}, timeout=0.1)
        assert not done
    with pytest.raises(NotFoundError):
        await late


async def _relate(storage: Contents, content: StoredContent, other: StoredContent) -> None:
    await storage.related(other, content, RelationKind.CORRECTS)


async def _tag(storage: Contents, content: StoredContent, _other: StoredContent) -> None:
    async with storage.tags() as tags:
        await tags.add(OWNER, content.content_id, "late")


@pytest.mark.parametrize("refer", [_relate, _tag])
async def test_who_refers_to_a_content_that_is_being_deleted_finds_it_gone(
    storage: Contents, refer: Callable[[Contents, StoredContent, StoredContent], Coroutine[None, None, None]]
) -> None:
    content, other = await storage.stored(), await storage.stored()
    async with storage.transaction() as contents:
        await contents.soft_delete(OWNER, content.content_id)
        late = asyncio.create_task(refer(storage, content, other))
        done, _ = await asyncio.wait({late}, timeout=0.1)
        assert not done
    with pytest.raises(NotFoundError, match=content.content_id):
        await late


async def test_replicas_that_purge_related_contents_at_once_share_the_work(
    storage: Contents, content_database: ServiceDatabase
) -> None:
    """Each purges contents that relate to those of the others: without an order they would wait in a circle."""
    crowd = [await storage.stored() for _ in range(8)]
    for begin in crowd:
        for end in crowd:
            if begin is not end:
                await storage.related(begin, end, RelationKind.CORRECTS)
    for content in crowd:
        await _delete(storage, content)
    counts = [await asyncio.gather(*(_purge(storage, 2) for _ in range(4))) for _ in range(4)]
    assert sum(count for each in counts for count in each) == len(crowd)
    assert set(_rows(content_database).values()) == {0}


async def test_the_clock_of_the_database_says_whose_time_is_over(
    content_database: ServiceDatabase, storage: Contents
) -> None:
    await storage.deleted()
    put_clock_ahead(content_database, timedelta(hours=2))
    database = opened(content_database.app_url)
    purged = [await purge_deleted_contents(database, timedelta(hours=hours)) for hours in (3, 1)]
    await database.close()
    assert purged == [0, 1]


async def test_the_job_purges_all_whose_time_is_over_however_many(
    content_database: ServiceDatabase, storage: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.content_service.purging.CONTENTS_AT_A_TIME", 2)
    for _ in range(5):
        await storage.deleted()
    kept = await storage.stored()
    database = opened(content_database.app_url)
    assert await purge_deleted_contents(database, timedelta(hours=1)) == 0
    assert sum(await asyncio.gather(*(purge_deleted_contents(database, AT_ONCE) for _ in range(3)))) == 5
    await database.close()
    async with storage.transaction() as contents:
        assert await contents.get(OWNER, kept.content_id) == kept
