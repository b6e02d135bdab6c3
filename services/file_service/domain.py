"""What a file is in the file service, free of any database: its facts, its versions, and how its status may move."""

import enum
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kit.lifetime import Lifetime
from services.kit.moves import Moves


class FileStatus(enum.StrEnum):
    """What became of a file's newest version."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


MOVES = Moves(
    "file",
    {
        FileStatus.PENDING: {FileStatus.IN_PROGRESS, FileStatus.COMPLETED, FileStatus.FAILED},
        FileStatus.IN_PROGRESS: {FileStatus.PENDING, FileStatus.COMPLETED, FileStatus.FAILED},
        FileStatus.COMPLETED: {FileStatus.PENDING},
        FileStatus.FAILED: {FileStatus.PENDING, FileStatus.IN_PROGRESS},
    },
)


@dataclass(frozen=True)
class NewFile:
    """What an upload says about a file; it starts with status `pending` and version 1."""

    file_id: UUID
    batch_id: UUID
    assignment_id: UUID | None
    user_id: str
    filename: str


@dataclass(frozen=True)
class NewVersion:
    """Bytes that the object store already holds. sha256: lower-case hex; storage_key: never used before."""

    storage_key: str
    content_type: str
    size_bytes: int
    sha256: str
    uploaded_by: str
    correlation_id: UUID


@dataclass(frozen=True)
class StoredFile(Lifetime):
    """A file as it is stored."""

    file_id: UUID
    batch_id: UUID
    assignment_id: UUID | None
    user_id: str
    filename: str
    current_version: int
    status: FileStatus
    validation_error_code: str | None
    validation_error_message: str | None


@dataclass(frozen=True)
class VersionFacts:
    """What callers may know of one version of a file; versions count 1, 2, 3 … without a gap."""

    file_id: UUID
    version: int
    content_type: str
    size_bytes: int
    sha256: str
    uploaded_by: str
    correlation_id: UUID
    created_at: datetime


@dataclass(frozen=True)
class FileVersion(VersionFacts):
    """One version of a file, and the key under which the object store holds its bytes."""

    storage_key: str


@dataclass(frozen=True)
class FileFilter:
    """Which files a list shows; a None asks for nothing. filename_contains: any case."""

    status: FileStatus | None = None
    assignment_id: UUID | None = None
    filename_contains: str | None = None
    include_deleted: bool = False


@dataclass(frozen=True)
class StatusChange:
    """A new status; an error left None keeps the one that an earlier step stored."""

    status: FileStatus
    validation_error_code: str | None = None
    validation_error_message: str | None = None


@dataclass(frozen=True)
class PurgedFile:
    """A file whose rows are gone for good, and the keys of the bytes that nobody names any more."""

    file_id: UUID
    storage_keys: tuple[str, ...]
