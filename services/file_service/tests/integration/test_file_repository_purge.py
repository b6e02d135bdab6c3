"""What was deleted long enough ago goes for good; what is being brought back does not."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.file_service.domain import PurgedFile
from services.file_service.tests.stored_files import Files, new_file, new_version
from services.kit.errors import NotFoundError
from tests.support.callers import HEAD, OWNER

FAR_AHEAD = datetime(2999, 1, 1, tzinfo=UTC)


async def test_a_purge_removes_the_rows_and_names_the_bytes(storage: Files) -> None:
    first, second, new = new_version(), new_version(), new_file()
    async with storage.transaction() as files:
        await files.create(new, first)
        await files.add_version(OWNER, new.file_id, second)
        await files.soft_delete(OWNER, new.file_id)
    async with storage.transaction() as files:
        purged = await files.purge_deleted(FAR_AHEAD, limit=10)
    expected = tuple(sorted((first.storage_key, second.storage_key)))
    assert purged == (PurgedFile(new.file_id, expected),)
    async with storage.transaction() as files:
        assert await files.referenced_keys(expected) == frozenset()
        with pytest.raises(NotFoundError):
            await files.get(HEAD, new.file_id, include_deleted=True)


async def test_files_that_are_not_deleted_or_not_long_enough_stay(storage: Files) -> None:
    kept, deleted = await storage.stored(), await storage.deleted()
    assert deleted.deleted_at is not None
    async with storage.transaction() as files:
        assert await files.purge_deleted(deleted.deleted_at, limit=10) == ()
        assert len(await files.purge_deleted(deleted.deleted_at + timedelta(microseconds=1), limit=10)) == 1
        assert await files.get(OWNER, kept.file_id) == kept


async def test_a_purge_takes_no_more_than_its_limit_and_the_oldest_first(storage: Files) -> None:
    deleted = [(await storage.deleted()).file_id for _ in range(3)]
    async with storage.transaction() as files:
        assert {purged.file_id for purged in await files.purge_deleted(FAR_AHEAD, limit=2)} == set(deleted[:2])
        assert [purged.file_id for purged in await files.purge_deleted(FAR_AHEAD, limit=2)] == deleted[2:]
        assert await files.purge_deleted(FAR_AHEAD, limit=2) == ()


async def test_a_file_that_is_being_restored_is_not_purged(storage: Files) -> None:
    file = await storage.deleted()
    async with storage.transaction() as restoring:
        await restoring.restore(OWNER, file.file_id)
        async with storage.transaction() as purging:
            assert await purging.purge_deleted(FAR_AHEAD, limit=10) == ()
    async with storage.transaction() as files:
        await files.get(OWNER, file.file_id)
        assert await files.purge_deleted(FAR_AHEAD, limit=10) == ()


async def test_whoever_restores_a_file_that_is_being_purged_finds_it_gone(storage: Files) -> None:
    file = await storage.deleted()

    async def restore() -> None:
        async with storage.transaction() as files:
            await files.restore(OWNER, file.file_id)

    async with storage.transaction() as purging:
        assert len(await purging.purge_deleted(FAR_AHEAD, limit=10)) == 1
        late = asyncio.create_task(restore())
        await asyncio.sleep(0.1)
        assert not late.done()
    with pytest.raises(NotFoundError):
        await late


async def test_purges_that_run_at_once_share_the_work(storage: Files) -> None:
    deleted = {(await storage.deleted()).file_id for _ in range(6)}

    async def purge() -> list[PurgedFile]:
        async with storage.transaction() as files:
            return list(await files.purge_deleted(FAR_AHEAD, limit=4))

    rounds = [await asyncio.gather(purge(), purge()) for _ in range(2)]
    purged = [file.file_id for both in rounds for part in both for file in part]
    assert len(purged) == len(set(purged))
    assert set(purged) == deleted


async def test_only_keys_that_a_version_names_are_referenced(storage: Files) -> None:
    version = new_version()
    async with storage.transaction() as files:
        await files.create(new_file(), version)
        assert await files.referenced_keys([version.storage_key, uuid4().hex]) == {version.storage_key}
        assert await files.referenced_keys([]) == frozenset()


async def test_more_keys_than_a_statement_has_parameters_can_be_asked_for(storage: Files) -> None:
    async with storage.transaction() as files:
        assert await files.referenced_keys([uuid4().hex for _ in range(40_000)]) == frozenset()
