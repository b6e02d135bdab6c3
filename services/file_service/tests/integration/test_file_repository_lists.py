"""Lists: what belongs to a batch or a user, filtered, in pages that together are the whole."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.file_service.domain import FileFilter, FileStatus, StatusChange, StoredFile
from services.file_service.tests.stored_files import Files, new_file, new_version
from services.kit.errors import NotFoundError
from services.kit.paging import PageRequest
from tests.support.callers import HEAD, OWNER, STRANGER

ALL = FileFilter()
WITH_DELETED = FileFilter(include_deleted=True)


async def _batch(storage: Files, batch_id: UUID, wanted: FileFilter = ALL, limit: int = 50) -> list[StoredFile]:
    return [file async for file in _pages(storage, batch_id, wanted, limit)]


async def _pages(storage: Files, batch_id: UUID, wanted: FileFilter, limit: int) -> AsyncIterator[StoredFile]:
    cursor = None
    while True:
        async with storage.transaction() as files:
            page = await files.list_by_batch(OWNER, batch_id, wanted, PageRequest.of(limit, cursor))
        assert len(page.items) <= limit
        for file in page.items:
            yield file
        if page.next_cursor is None:
            return
        cursor = page.next_cursor


async def test_a_batch_lists_its_own_files_oldest_first(storage: Files) -> None:
    batch_id = uuid4()
    expected = [await storage.stored(batch_id=batch_id) for _ in range(3)]
    await storage.stored()
    assert await _batch(storage, batch_id) == expected


async def test_an_unknown_batch_is_empty(storage: Files) -> None:
    assert await _batch(storage, uuid4()) == []


async def test_of_a_shared_batch_each_sees_their_own_and_an_admin_all(storage: Files) -> None:
    batch_id = uuid4()
    mine = await storage.stored(batch_id=batch_id)
    theirs = await storage.stored(batch_id=batch_id, user_id=STRANGER.user_id)
    async with storage.transaction() as files:
        seen = [
            (await files.list_by_batch(caller, batch_id, ALL, PageRequest())).items
            for caller in (OWNER, STRANGER, HEAD)
        ]
    assert seen == [(mine,), (theirs,), (mine, theirs)]


async def test_a_user_lists_files_of_all_batches_and_no_others(storage: Files) -> None:
    expected = tuple([await storage.stored() for _ in range(2)])
    await storage.stored(user_id=STRANGER.user_id)
    async with storage.transaction() as files:
        assert (await files.list_by_user(OWNER, OWNER.user_id, ALL, PageRequest())).items == expected
        assert (await files.list_by_user(HEAD, OWNER.user_id, ALL, PageRequest())).items == expected
        with pytest.raises(NotFoundError):
            await files.list_by_user(STRANGER, OWNER.user_id, ALL, PageRequest())


async def test_deleted_files_are_listed_only_when_asked_for(storage: Files) -> None:
    batch_id = uuid4()
    kept, deleted = await storage.stored(batch_id=batch_id), await storage.deleted(batch_id=batch_id)
    assert await _batch(storage, batch_id) == [kept]
    assert await _batch(storage, batch_id, WITH_DELETED) == [kept, deleted]


async def test_filters_by_status_and_assignment(storage: Files) -> None:
    batch_id, assignment_id = uuid4(), uuid4()
    await storage.stored(batch_id=batch_id)
    assigned = await storage.stored(batch_id=batch_id, assignment_id=assignment_id)
    async with storage.transaction() as files:
        failed = await files.update_status(OWNER, assigned.file_id, StatusChange(FileStatus.FAILED, "EMPTY"))
    assert await _batch(storage, batch_id, FileFilter(status=FileStatus.FAILED)) == [failed]
    assert await _batch(storage, batch_id, FileFilter(assignment_id=assignment_id)) == [failed]
    assert await _batch(storage, batch_id, FileFilter(FileStatus.COMPLETED, assignment_id)) == []


@pytest.mark.parametrize(
    ("part", "names"),
    [("ESSAY", ["Essay_1.txt", "essay%.txt"]), ("%", ["essay%.txt"]), ("_", ["Essay_1.txt"]), ("\\", [])],
)
async def test_filenames_are_searched_in_any_case_and_literally(storage: Files, part: str, names: list[str]) -> None:
    batch_id = uuid4()
    for filename in ("Essay_1.txt", "essay%.txt", "other.pdf"):
        await storage.stored(batch_id=batch_id, filename=filename)
    found = await _batch(storage, batch_id, FileFilter(filename_contains=part))
    assert [file.filename for file in found] == names


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(transactions=st.lists(st.integers(1, 4), max_size=5), limit=st.integers(1, 6))
async def test_pages_together_are_the_whole_list_in_order(storage: Files, transactions: list[int], limit: int) -> None:
    batch_id = uuid4()
    stored: list[StoredFile] = []
    for number in transactions:
        async with storage.transaction() as files:
            stored += [await files.create(new_file(batch_id=batch_id), new_version()) for _ in range(number)]
    listed = await _batch(storage, batch_id, limit=limit)
    assert listed == sorted(stored, key=lambda file: (file.created_at, file.file_id))


async def test_files_of_the_same_instant_are_split_between_pages_without_loss(storage: Files) -> None:
    batch_id = uuid4()
    for _ in range(5):
        await storage.stored(batch_id=batch_id)
    async with storage.database.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE files SET created_at = '2026-01-02 03:04:05.678901+00'")
    listed = await _batch(storage, batch_id, limit=2)
    assert [file.file_id for file in listed] == sorted(file.file_id for file in listed)
    assert len(listed) == 5


async def test_a_file_that_comes_while_pages_are_read_is_seen_once_and_hides_none(storage: Files) -> None:
    batch_id = uuid4()
    before = [await storage.stored(batch_id=batch_id) for _ in range(3)]
    pages = _pages(storage, batch_id, ALL, 1)
    seen = [await anext(pages)]
    late = await storage.stored(batch_id=batch_id)
    seen += [file async for file in pages]
    assert seen == [*before, late]
