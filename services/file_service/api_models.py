"""The shapes in which the file service answers and is asked."""

from dataclasses import fields
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator
from quart.datastructures import FileStorage

from services.file_service.domain import FileFilter, FileStatus, FileVersion, StatusChange, StoredFile, VersionFacts
from services.file_service.filenames import LONGEST_FILENAME
from services.kit.web.models import (
    BINARY,
    BINARY_PARTS,
    ErrorFields,
    Label,
    PageQuestion,
    Question,
    Sentence,
    Text,
    UserId,
    VisibilityQuestion,
)

FilenamePart = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_FILENAME)]


def facts_of(version: FileVersion) -> VersionFacts:
    """What callers may know of a version: everything but where its bytes are."""
    return VersionFacts(**{field.name: getattr(version, field.name) for field in fields(VersionFacts)})


class VersionsAnswer(BaseModel):
    """All versions of a file, the first one first."""

    versions: list[VersionFacts]


class FilesAnswer(BaseModel):
    """A page of files; `next_cursor` fetches the next one and is null on the last."""

    files: list[StoredFile]
    next_cursor: str | None


class UploadedItem(BaseModel):
    """What became of one file that was sent, by HTTP's own numbers.

    201: stored and valid; 422: stored, but its text is not valid; 400, 413, 503: not stored.
    """

    filename: str
    status: int
    file: StoredFile | None = None
    version: VersionFacts | None = None
    error: ErrorFields | None = None


class UploadAnswer(BaseModel):
    """What became of each file, in the order in which they were sent."""

    results: list[UploadedItem]


class UploadForm(Question):
    """The form of an upload: one file or many, each in a part named `files`."""

    files: Annotated[list[FileStorage], Field(min_length=1), BINARY_PARTS]
    assignment_id: UUID | None = None


class VersionForm(Question):
    """The form of a new version: one part named `file`."""

    file: Annotated[FileStorage, BINARY]


class ListQuestion(VisibilityQuestion, PageQuestion):
    """Which files are listed: of one batch, or of one user, the caller if neither is named."""

    batch_id: UUID | None = None
    user_id: UserId | None = None
    status: FileStatus | None = None
    assignment_id: UUID | None = None
    filename_contains: FilenamePart | None = None

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        if self.batch_id is not None and self.user_id is not None:
            raise ValueError("name batch_id or user_id, not both")
        return self

    def filter(self) -> FileFilter:
        """What the repository filters by."""
        return FileFilter(self.status, self.assignment_id, self.filename_contains, self.include_deleted)


class StatusQuestion(Question):
    """A new status; an error that is left out stays as an earlier step stored it."""

    status: FileStatus
    validation_error_code: Label | None = None
    validation_error_message: Sentence | None = None

    def change(self) -> StatusChange:
        """The change for the repository."""
        return StatusChange(self.status, self.validation_error_code, self.validation_error_message)
