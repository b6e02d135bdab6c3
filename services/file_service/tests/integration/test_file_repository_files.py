"""Files are created, read, moved, hidden and brought back, by those whose they are."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from services.file_service.domain import FileStatus, StatusChange, StoredFile
from services.file_service.protocols import FileRepository
from services.file_service.tests.stored_files import Files, new_file, new_version
from services.kit.errors import ConflictError, NotFoundError, ValidationFailedError
from services.kit.identity import Caller
from services.kit.postgres.errors import broken_constraint
from tests.support.callers import HEAD, OWNER, STRANGER

FAILED = StatusChange(FileStatus.FAILED, "TOO_SHORT", "the text has 12 characters")


async def test_a_created_file_is_pending_at_version_1_and_reads_as_it_was_stored(storage: Files) -> None:
    new = new_file(assignment_id=uuid4(), filename="Ödlan.docx")
    async with storage.transaction() as files:
        created = await files.create(new, new_version())
    async with storage.transaction() as files:
        read = await files.get(OWNER, new.file_id)
    assert read == created
    assert {name: getattr(read, name) for name in vars(new)} == vars(new)
    assert (read.status, read.current_version, read.row_version) == (FileStatus.PENDING, 1, 1)
    assert read.created_at.utcoffset() is not None


async def test_a_file_id_that_is_taken_is_a_conflict(storage: Files) -> None:
    stored = await storage.stored()
    with pytest.raises(ConflictError) as refused:
        await storage.stored(file_id=stored.file_id)
    assert broken_constraint(refused.value) == "pk_files"


async def test_a_storage_key_that_is_taken_is_a_conflict_and_leaves_no_file(storage: Files) -> None:
    version, new = new_version(), new_file()
    async with storage.transaction() as files:
        await files.create(new_file(), version)
    with pytest.raises(ConflictError):
        async with storage.transaction() as files:
            await files.create(new, new_version(storage_key=version.storage_key))
    async with storage.transaction() as files:
        with pytest.raises(NotFoundError):
            await files.get(OWNER, new.file_id)


@pytest.mark.parametrize(
    ("differing", "wrong_version"),
    [({"filename": "a\0b"}, {}), ({"filename": "x" * 256}, {}), ({}, {"sha256": "A" * 64}), ({}, {"size_bytes": -1})],
)
async def test_values_that_the_tables_cannot_hold_are_refused_without_the_databases_words(
    storage: Files, differing: dict[str, str], wrong_version: dict[str, object]
) -> None:
    with pytest.raises(ValidationFailedError, match=r"^a value (cannot be stored|is not allowed)$"):
        async with storage.transaction() as files:
            await files.create(new_file(**differing), new_version(**wrong_version))


async def test_what_an_error_leaves_undone_is_rolled_back(storage: Files) -> None:
    new = new_file()

    async def create_and_fail() -> None:
        async with storage.transaction() as files:
            await files.create(new, new_version())
            raise KeyError

    with pytest.raises(KeyError):
        await create_and_fail()
    async with storage.transaction() as files:
        with pytest.raises(NotFoundError):
            await files.get(OWNER, new.file_id)


async def _update(files: FileRepository, caller: Caller, file: StoredFile) -> object:
    return await files.update_status(caller, file.file_id, FAILED)


async def _add(files: FileRepository, caller: Caller, file: StoredFile) -> object:
    return await files.add_version(caller, file.file_id, new_version())


async def _delete(files: FileRepository, caller: Caller, file: StoredFile) -> object:
    return await files.soft_delete(caller, file.file_id)


async def _read(files: FileRepository, caller: Caller, file: StoredFile) -> object:
    return await files.get(caller, file.file_id)


async def _read_version(files: FileRepository, caller: Caller, file: StoredFile) -> object:
    return await files.get_version(caller, file.file_id)


async def _list_versions(files: FileRepository, caller: Caller, file: StoredFile) -> object:
    return await files.list_versions(caller, file.file_id)


Way = Callable[[FileRepository, Caller, StoredFile], Awaitable[object]]
WAYS: list[Way] = [_update, _add, _delete, _read, _read_version, _list_versions]


@pytest.mark.parametrize("way", WAYS)
async def test_anothers_file_is_not_found_but_an_admin_may_touch_it(storage: Files, way: Way) -> None:
    file = await storage.stored()
    async with storage.transaction() as files:
        with pytest.raises(NotFoundError, match=str(file.file_id)):
            await way(files, STRANGER, file)
        await way(files, HEAD, file)


@pytest.mark.parametrize("way", WAYS)
async def test_a_deleted_file_is_not_found(storage: Files, way: Way) -> None:
    file = await storage.deleted()
    async with storage.transaction() as files:
        with pytest.raises(NotFoundError):
            await way(files, OWNER, file)


async def test_deletion_says_who_and_when_and_the_file_can_still_be_asked_for(storage: Files) -> None:
    file = await storage.deleted()
    async with storage.transaction() as files:
        read = await files.get(OWNER, file.file_id, include_deleted=True)
        version = await files.get_version(OWNER, file.file_id, include_deleted=True)
        versions = await files.list_versions(OWNER, file.file_id, include_deleted=True)
    assert read == file
    assert versions == (version,)
    assert file.deleted_by == HEAD.user_id
    assert file.deleted_at is not None
    assert file.deleted_at >= file.created_at


async def test_a_restored_file_is_back_with_nothing_lost(storage: Files) -> None:
    file = await storage.deleted()
    async with storage.transaction() as files:
        with pytest.raises(NotFoundError):
            await files.restore(STRANGER, file.file_id)
        restored = await files.restore(OWNER, file.file_id)
        assert await files.get(OWNER, file.file_id) == restored
    assert (restored.deleted_at, restored.deleted_by) == (None, None)
    assert restored.row_version == file.row_version + 1
    assert restored.updated_at > file.updated_at


async def test_a_file_that_is_not_deleted_cannot_be_restored(storage: Files) -> None:
    file = await storage.stored()
    async with storage.transaction() as files:
        with pytest.raises(ConflictError) as refused:
            await files.restore(OWNER, file.file_id)
    assert refused.value.code == "not_deleted"


async def test_a_status_change_keeps_the_error_that_an_earlier_step_stored(storage: Files) -> None:
    file = await storage.stored()
    async with storage.transaction() as files:
        await files.update_status(OWNER, file.file_id, FAILED)
        retried = await files.update_status(OWNER, file.file_id, StatusChange(FileStatus.IN_PROGRESS))
    assert retried.status is FileStatus.IN_PROGRESS
    assert retried.validation_error_code == FAILED.validation_error_code
    assert retried.validation_error_message == FAILED.validation_error_message


async def test_a_status_move_that_is_not_allowed_changes_nothing(storage: Files) -> None:
    file = await storage.stored()
    async with storage.transaction() as files:
        completed = await files.update_status(OWNER, file.file_id, StatusChange(FileStatus.COMPLETED))
        with pytest.raises(ConflictError, match="completed cannot become failed, only pending"):
            await files.update_status(OWNER, file.file_id, FAILED)
        assert await files.get(OWNER, file.file_id) == completed


async def test_whoever_saw_an_older_row_is_refused_whatever_they_want(storage: Files) -> None:
    file = await storage.stored()
    seen = file.row_version
    async with storage.transaction() as files:
        await files.update_status(OWNER, file.file_id, FAILED, expected_row_version=seen)
        for attempt in (
            files.update_status(OWNER, file.file_id, FAILED, expected_row_version=seen),
            files.soft_delete(OWNER, file.file_id, expected_row_version=seen),
            files.restore(OWNER, file.file_id, expected_row_version=seen),
        ):
            with pytest.raises(ConflictError) as refused:
                await attempt
            assert refused.value.details == {"expected": seen, "row_version": seen + 1}


async def test_of_many_who_saw_the_same_row_one_alone_changes_it(storage: Files) -> None:
    file = await storage.stored()

    async def attempt() -> bool:
        try:
            async with storage.transaction() as files:
                await files.update_status(OWNER, file.file_id, FAILED, expected_row_version=file.row_version)
        except ConflictError:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt() for _ in range(8)))) == 1
