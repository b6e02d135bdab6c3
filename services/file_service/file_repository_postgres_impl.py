"""The storage of files in PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, any_, delete, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.file_service import domain
from services.file_service.file_queries import filtered, one_file, one_file_locked, parameters_of, visible
from services.file_service.models_db import FileRow, FileVersionRow
from services.file_service.protocols import FileRepository
from services.kit.errors import NotFoundError
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest
from services.kit.postgres.rows import record_of, records_page
from services.kit.postgres.soft_deletion import bring_back, hide
from services.kit.postgres.stale_rows import refuse_stale


class PostgresFileRepository(FileRepository):
    """Works in the transaction of the session it is given; whatever changes a file locks its row first."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def create(self, new: domain.NewFile, version: domain.NewVersion) -> domain.StoredFile:
        """Store a file with its version 1; ConflictError if its id or its storage key is taken."""
        row = FileRow(**vars(new))
        await self._store(row)
        await self._store(FileVersionRow(file_id=new.file_id, version=1, **vars(version)))
        return record_of(domain.StoredFile, row)

    async def add_version(self, caller: Caller, file_id: UUID, version: domain.NewVersion) -> domain.FileVersion:
        """Store the file's next version; of two who come at once the second counts on from the first."""
        row = await self._locked(caller, file_id)
        row.current_version += 1
        row.status = domain.FileStatus.PENDING
        row.validation_error_code = row.validation_error_message = None
        added = FileVersionRow(file_id=file_id, version=row.current_version, **vars(version))
        await self._store(added)
        return record_of(domain.FileVersion, added)

    async def get(self, caller: Caller, file_id: UUID, *, include_deleted: bool = False) -> domain.StoredFile:
        """The file; NotFoundError."""
        row = await self._session.scalar(
            one_file(caller, include_deleted=include_deleted), parameters_of(caller, file_id)
        )
        return record_of(domain.StoredFile, _found(row, file_id))

    async def list_by_batch(
        self, caller: Caller, batch_id: UUID, wanted: domain.FileFilter, page: PageRequest
    ) -> Page[domain.StoredFile]:
        """The batch's files that the caller may see, oldest first."""
        return await self._page(visible(caller).where(FileRow.batch_id == batch_id), wanted, page)

    async def list_by_user(
        self, caller: Caller, user_id: str, wanted: domain.FileFilter, page: PageRequest
    ) -> Page[domain.StoredFile]:
        """The user's files, oldest first; NotFoundError if they are not for the caller to see."""
        caller.refuse_stranger(user_id, "files")
        return await self._page(visible(caller).where(FileRow.user_id == user_id), wanted, page)

    async def get_version(
        self, caller: Caller, file_id: UUID, version: int | None = None, *, include_deleted: bool = False
    ) -> domain.FileVersion:
        """That version of the file, the newest if None; NotFoundError."""
        file = await self.get(caller, file_id, include_deleted=include_deleted)
        number = file.current_version if version is None else version
        row = None
        if 1 <= number <= file.current_version:
            row = await self._session.get(FileVersionRow, (file_id, number))
        if row is None:
            raise NotFoundError(f"file {file_id} has no version {number}", details={"versions": file.current_version})
        return record_of(domain.FileVersion, row)

    async def list_versions(
        self, caller: Caller, file_id: UUID, *, include_deleted: bool = False
    ) -> tuple[domain.FileVersion, ...]:
        """All versions of the file, 1 first; NotFoundError."""
        await self.get(caller, file_id, include_deleted=include_deleted)
        versions = select(FileVersionRow).where(FileVersionRow.file_id == file_id).order_by(FileVersionRow.version)
        return tuple(record_of(domain.FileVersion, row) for row in await self._session.scalars(versions))

    async def update_status(
        self, caller: Caller, file_id: UUID, change: domain.StatusChange, *, expected_row_version: int | None = None
    ) -> domain.StoredFile:
        """Move the file's status, and keep the error stored before where the change brings none."""
        row = await self._locked(caller, file_id, expected_row_version)
        domain.MOVES.refuse(row.status, change.status)
        row.status = change.status
        row.validation_error_code = change.validation_error_code or row.validation_error_code
        row.validation_error_message = change.validation_error_message or row.validation_error_message
        return await self._changed(row)

    async def soft_delete(
        self, caller: Caller, file_id: UUID, *, expected_row_version: int | None = None
    ) -> domain.StoredFile:
        """Hide the file; NotFoundError if it is hidden already."""
        row = await self._locked(caller, file_id, expected_row_version)
        await hide(self._session, row, caller)
        return await self._changed(row)

    async def restore(
        self, caller: Caller, file_id: UUID, *, expected_row_version: int | None = None
    ) -> domain.StoredFile:
        """Bring a deleted file back; ConflictError if it isn't deleted."""
        row = await self._locked(caller, file_id, expected_row_version, include_deleted=True)
        bring_back(row, f"file {file_id}")
        return await self._changed(row)

    async def purge_deleted(self, before: datetime, limit: int) -> tuple[domain.PurgedFile, ...]:
        """Remove the rows of files deleted before that moment, but for those whose row another has locked."""
        due = select(FileRow.file_id).where(FileRow.deleted_at < before).order_by(FileRow.deleted_at, FileRow.file_id)
        locked = await self._session.scalars(due.limit(limit).with_for_update(skip_locked=True))
        keys: dict[UUID, list[str]] = {file_id: [] for file_id in locked}
        if not keys:
            return ()
        versions = delete(FileVersionRow).where(FileVersionRow.file_id.in_(keys))
        removed = await self._session.execute(versions.returning(FileVersionRow.file_id, FileVersionRow.storage_key))
        for file_id, storage_key in removed:
            keys[file_id].append(storage_key)
        await self._session.execute(delete(FileRow).where(FileRow.file_id.in_(keys)))
        return tuple(domain.PurgedFile(file_id, tuple(sorted(named))) for file_id, named in keys.items())

    async def referenced_keys(self, storage_keys: Collection[str]) -> frozenset[str]:
        """Those of the keys that a version names."""
        among = any_(literal(list(storage_keys), ARRAY(Text)))
        named = select(FileVersionRow.storage_key).where(FileVersionRow.storage_key == among)
        return frozenset(await self._session.scalars(named))

    async def _locked(
        self, caller: Caller, file_id: UUID, expected_row_version: int | None = None, *, include_deleted: bool = False
    ) -> FileRow:
        statement = one_file_locked(caller, include_deleted=include_deleted)
        row = _found(await self._session.scalar(statement, parameters_of(caller, file_id)), file_id)
        refuse_stale(row, expected_row_version, f"file {file_id}")
        return row

    async def _page(
        self, files: Select[FileRow], wanted: domain.FileFilter, page: PageRequest
    ) -> Page[domain.StoredFile]:
        return await records_page(self._session, filtered(files, wanted), FileRow.file_id, page, domain.StoredFile)

    async def _store(self, row: FileRow | FileVersionRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def _changed(self, row: FileRow) -> domain.StoredFile:
        await self._store(row)
        return record_of(domain.StoredFile, row)


def _found(row: FileRow | None, file_id: UUID) -> FileRow:
    if row is None:
        raise NotFoundError(f"there is no file {file_id}")
    return row
