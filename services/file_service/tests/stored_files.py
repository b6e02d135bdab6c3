"""What the tests of the file service's storage put in, and through whose eyes they look."""

import hashlib
from dataclasses import replace
from typing import Any
from uuid import uuid4

from services.file_service.domain import NewFile, NewVersion, StoredFile
from services.file_service.file_repository_postgres_impl import PostgresFileRepository
from services.file_service.protocols import FileRepository
from services.kit.postgres.database import Database
from tests.support.callers import HEAD, OWNER
from tests.support.storage import Storage, opened_database


def new_file(**differing: Any) -> NewFile:
    """A file of the owner in a batch of its own."""
    usual = NewFile(uuid4(), uuid4(), assignment_id=None, user_id=OWNER.user_id, filename="essay.txt")
    return replace(usual, **differing)


def new_version(**differing: Any) -> NewVersion:
    """A version that the owner sends, under a key of its own."""
    usual = NewVersion(
        storage_key=uuid4().hex,
        content_type="text/plain",
        size_bytes=9,
        sha256=hashlib.sha256(b"An essay.").hexdigest(),
        uploaded_by=OWNER.user_id,
        correlation_id=uuid4(),
    )
    return replace(usual, **differing)


def opened(url: str, **settings: Any) -> Database:
    """The file service's database at `url`."""
    return opened_database("file", url, **settings)


class Files(Storage[FileRepository]):
    """The storage of files."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, PostgresFileRepository)

    async def stored(self, **differing: Any) -> StoredFile:
        """A file that is stored, with its version 1."""
        async with self.transaction() as files:
            return await files.create(new_file(**differing), new_version())

    async def deleted(self, **differing: Any) -> StoredFile:
        """A file that is stored and then hidden."""
        file = await self.stored(**differing)
        async with self.transaction() as files:
            return await files.soft_delete(HEAD, file.file_id)
