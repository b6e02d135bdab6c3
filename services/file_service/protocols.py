"""What the file service asks of its storage of files."""

from abc import abstractmethod
from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.file_service.domain import (
    FileFilter,
    FileVersion,
    NewFile,
    NewVersion,
    PurgedFile,
    StatusChange,
    StoredFile,
)
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest


class FileRepository(Protocol):
    """Files and their versions. Never commits: a unit of work does.

    What belongs to another is not found (NotFoundError), unless the caller is an admin; so is a deleted file, unless
    asked for. `expected_row_version` is the one that the caller last saw: ConflictError if the file changed since.
    """

    @abstractmethod
    async def create(self, new: NewFile, version: NewVersion) -> StoredFile:
        """Store a file with its version 1; ConflictError if its id or its storage key is taken."""

    @abstractmethod
    async def add_version(self, caller: Caller, file_id: UUID, version: NewVersion) -> FileVersion:
        """Store the file's next version; who comes at once waits in line.

        The file's status is `pending` again, without the error of the version before.
        """

    @abstractmethod
    async def get(self, caller: Caller, file_id: UUID, *, include_deleted: bool = False) -> StoredFile:
        """The file."""

    @abstractmethod
    async def list_by_batch(
        self, caller: Caller, batch_id: UUID, wanted: FileFilter, page: PageRequest
    ) -> Page[StoredFile]:
        """The batch's files that the caller may see, oldest first; an unknown batch is empty."""

    @abstractmethod
    async def list_by_user(
        self, caller: Caller, user_id: str, wanted: FileFilter, page: PageRequest
    ) -> Page[StoredFile]:
        """The user's files, oldest first; NotFoundError if they are another's and the caller is no admin."""

    @abstractmethod
    async def get_version(
        self, caller: Caller, file_id: UUID, version: int | None = None, *, include_deleted: bool = False
    ) -> FileVersion:
        """That version of the file, the newest if None; NotFoundError if there is none."""

    @abstractmethod
    async def list_versions(
        self, caller: Caller, file_id: UUID, *, include_deleted: bool = False
    ) -> tuple[FileVersion, ...]:
        """All versions of the file, 1 first."""

    @abstractmethod
    async def update_status(
        self, caller: Caller, file_id: UUID, change: StatusChange, *, expected_row_version: int | None = None
    ) -> StoredFile:
        """Move the file's status; ConflictError for a move that is not allowed."""

    @abstractmethod
    async def soft_delete(
        self, caller: Caller, file_id: UUID, *, expected_row_version: int | None = None
    ) -> StoredFile:
        """Hide the file, until it is restored or purged."""

    @abstractmethod
    async def restore(self, caller: Caller, file_id: UUID, *, expected_row_version: int | None = None) -> StoredFile:
        """Bring a deleted file back; ConflictError if it isn't deleted."""

    @abstractmethod
    async def purge_deleted(self, before: datetime, limit: int) -> tuple[PurgedFile, ...]:
        """Remove up to `limit` files deleted before that moment, those first that were deleted first.

        Files that somebody is just changing are left for the next time. Delete their bytes after the commit.
        """

    @abstractmethod
    async def referenced_keys(self, storage_keys: Collection[str]) -> frozenset[str]:
        """Those of the keys that a version names: the others' bytes belong to nobody."""
