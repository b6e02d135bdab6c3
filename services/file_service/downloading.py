"""Downloads: which bytes a caller may have, and the bytes."""

from dataclasses import dataclass
from uuid import UUID

import structlog

from services.file_service.domain import FileVersion
from services.file_service.object_store import ObjectNotFoundError, ObjectStore, StoredBytes
from services.file_service.protocols import FileRepository
from services.kit.identity import Caller
from services.kit.postgres.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Download:
    """What is to be downloaded: one version, under the name of its file."""

    filename: str
    version: FileVersion


class Downloads:
    """Finds what a caller asks for, and opens its bytes."""

    def __init__(self, caller: Caller, unit: UnitOfWork, files: FileRepository, store: ObjectStore) -> None:
        self._caller = caller
        self._unit = unit
        self._files = files
        self._store = store

    async def find(self, file_id: UUID, version: int | None, *, include_deleted: bool) -> Download:
        """That version of the file, the newest if None; NotFoundError."""
        async with self._unit:
            file = await self._files.get(self._caller, file_id, include_deleted=include_deleted)
            found = await self._files.get_version(self._caller, file_id, version, include_deleted=include_deleted)
        return Download(file.filename, found)

    async def open(self, download: Download) -> StoredBytes:
        """The bytes, streamed; ObjectNotFoundError if the file was purged since it was found."""
        try:
            return await self._store.open(download.version.storage_key)
        except ObjectNotFoundError as error:
            log.warning("bytes_of_a_version_are_gone", file_id=str(download.version.file_id), storage_key=error.key)
            raise
