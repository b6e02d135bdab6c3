"""Uploads: bytes are judged, stored, and only then named by a row, so that no row points at bytes that aren't there."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import structlog

from services.file_service.domain import FileStatus, FileVersion, NewFile, NewVersion, StatusChange, StoredFile
from services.file_service.object_store import (
    ObjectExistsError,
    ObjectStore,
    ObjectStoreUnavailableError,
    new_storage_key,
)
from services.file_service.protocols import FileRepository
from services.file_service.text_extraction.extraction import Verdict
from services.file_service.text_extraction.workers import DocumentReader
from services.kit.errors import ConflictError, NotFoundError, ValidationFailedError
from services.kit.identity import Caller
from services.kit.postgres.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

# What a repository raises instead of committing. After any other error the row may be there, and so its bytes must be.
REFUSALS = (NotFoundError, ConflictError, ValidationFailedError)


@dataclass(frozen=True)
class Upload:
    """One file as it was sent, its name already clean."""

    filename: str
    content: bytes


@dataclass(frozen=True)
class Uploader:
    """Who uploads, in which request."""

    caller: Caller
    correlation_id: UUID


class Uploads:
    """Stores files and versions of them; a document that is not valid is stored too, with the reason, as `failed`."""

    def __init__(
        self, uploader: Uploader, store: ObjectStore, reader: DocumentReader, unit: UnitOfWork, files: FileRepository
    ) -> None:
        self._uploader = uploader
        self._store = store
        self._reader = reader
        self._unit = unit
        self._files = files

    async def new_file(self, batch_id: UUID, assignment_id: UUID | None, upload: Upload) -> StoredFile:
        """The file, with its version 1 and `completed` or `failed`."""
        caller = self._uploader.caller
        verdict = await self._reader.judge(upload.filename, upload.content)
        new = NewFile(uuid4(), batch_id, assignment_id, caller.user_id, upload.filename)
        async with self._stored(upload.content) as key, self._unit:
            await self._files.create(new, self._version(key, upload.content, verdict))
            return await self._files.update_status(caller, new.file_id, _status(verdict))

    async def new_version(self, file_id: UUID, upload: Upload) -> tuple[StoredFile, FileVersion]:
        """The file with its next version, whose text alone now decides its status."""
        caller = self._uploader.caller
        async with self._unit:
            await self._files.get(caller, file_id)
        verdict = await self._reader.judge(upload.filename, upload.content)
        async with self._stored(upload.content) as key, self._unit:
            version = await self._files.add_version(caller, file_id, self._version(key, upload.content, verdict))
            return await self._files.update_status(caller, file_id, _status(verdict)), version

    @asynccontextmanager
    async def _stored(self, content: bytes) -> AsyncIterator[str]:
        """The key of the bytes while their row is written; only after a refusal is it safe to delete them at once."""
        key = new_storage_key()
        try:
            await self._store.put_new(key, content)
        except ObjectExistsError as error:
            raise ObjectStoreUnavailableError(f"a key that was never used is taken: {key}") from error
        try:
            yield key
        except REFUSALS:
            await self._forget(key)
            raise

    async def _forget(self, key: str) -> None:
        try:
            await self._store.delete(key)
        except ObjectStoreUnavailableError:
            log.info("bytes_left_for_the_sweep", storage_key=key)

    def _version(self, key: str, content: bytes, verdict: Verdict) -> NewVersion:
        return NewVersion(
            storage_key=key,
            content_type=verdict.media_type,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            uploaded_by=self._uploader.caller.user_id,
            correlation_id=self._uploader.correlation_id,
        )


def _status(verdict: Verdict) -> StatusChange:
    if verdict.rejection is None:
        return StatusChange(FileStatus.COMPLETED)
    return StatusChange(FileStatus.FAILED, verdict.rejection.code.value, verdict.rejection.message)
