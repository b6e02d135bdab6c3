"""Versions count 1, 2, 3 … without a gap, whoever sends them and however many at once."""

import asyncio
from uuid import uuid4

import pytest

from services.file_service.domain import FileStatus, StatusChange
from services.file_service.tests.stored_files import Files, new_version
from services.kit.errors import ConflictError, NotFoundError
from tests.support.callers import OWNER, STRANGER

AT_ONCE = 12


async def test_a_new_version_is_the_newest_and_makes_the_file_pending_again(storage: Files) -> None:
    file = await storage.stored()
    sent = new_version(size_bytes=2**40)
    async with storage.transaction() as files:
        await files.update_status(OWNER, file.file_id, StatusChange(FileStatus.COMPLETED))
        added = await files.add_version(OWNER, file.file_id, sent)
        changed = await files.get(OWNER, file.file_id)
        assert await files.get_version(OWNER, file.file_id) == added
        assert await files.get_version(OWNER, file.file_id, 2) == added
    assert {name: getattr(added, name) for name in vars(sent)} == vars(sent)
    assert (changed.current_version, changed.status) == (2, FileStatus.PENDING)


async def test_versions_are_listed_from_the_first(storage: Files) -> None:
    file = await storage.stored()
    async with storage.transaction() as files:
        for _ in range(3):
            await files.add_version(OWNER, file.file_id, new_version())
        versions = await files.list_versions(OWNER, file.file_id)
        assert await files.get_version(OWNER, file.file_id, 1) == versions[0]
    assert [version.version for version in versions] == [1, 2, 3, 4]


@pytest.mark.parametrize("version", [-1, 0, 2, 2**31, 2**70])
async def test_a_version_that_is_not_there_is_not_found(storage: Files, version: int) -> None:
    file = await storage.stored()
    async with storage.transaction() as files:
        with pytest.raises(NotFoundError, match=f"has no version {version}"):
            await files.get_version(OWNER, file.file_id, version)


async def test_an_unknown_file_has_no_versions(storage: Files) -> None:
    async with storage.transaction() as files:
        with pytest.raises(NotFoundError):
            await files.get_version(OWNER, uuid4())
        with pytest.raises(NotFoundError):
            await files.list_versions(STRANGER, uuid4())


async def test_versions_sent_at_once_over_separate_connections_leave_no_gap(storage: Files) -> None:
    file = await storage.stored()
    ready = asyncio.Barrier(AT_ONCE)

    async def send() -> int:
        async with storage.transaction() as files:
            await files.get(OWNER, file.file_id)
            await ready.wait()
            added = await files.add_version(OWNER, file.file_id, new_version())
            return added.version

    given = await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    async with storage.transaction() as files:
        versions = await files.list_versions(OWNER, file.file_id)
        changed = await files.get(OWNER, file.file_id)
    assert sorted(given) == list(range(2, AT_ONCE + 2))
    assert [version.version for version in versions] == list(range(1, AT_ONCE + 2))
    assert (changed.current_version, changed.row_version) == (AT_ONCE + 1, AT_ONCE + 1)


async def test_a_version_that_failed_among_others_sent_at_once_leaves_no_gap(storage: Files) -> None:
    file = await storage.stored()
    taken = new_version()

    async def send(number: int) -> None:
        async with storage.transaction() as files:
            key = taken.storage_key if number % 3 == 0 else uuid4().hex
            await files.add_version(OWNER, file.file_id, new_version(storage_key=key))

    outcomes = await asyncio.gather(*map(send, range(9)), return_exceptions=True)
    async with storage.transaction() as files:
        versions = await files.list_versions(OWNER, file.file_id)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [ConflictError, ConflictError]
    assert [version.version for version in versions] == list(range(1, 9))
