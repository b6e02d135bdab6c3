"""The parts of a multipart form that are files, and what is answered for each of them."""

from collections.abc import Iterable
from io import SEEK_END
from uuid import UUID

from quart import request
from quart.datastructures import FileStorage

from services.file_service.api_models import UploadedItem, facts_of
from services.file_service.domain import FileStatus, FileVersion, StoredFile
from services.file_service.filenames import clean_filename
from services.file_service.uploading import Upload
from services.kit.correlation import correlation_id
from services.kit.errors import DomainError, PayloadTooLargeError, ValidationFailedError
from services.kit.web.models import ErrorFields

CREATED, OUTCOMES_DIFFER, STORED_BUT_NOT_VALID = 201, 207, 422


async def sent_files(name: str, most: int) -> list[FileStorage]:
    """The form's file parts, at least one and at most `most`, all called `name`; ValidationFailedError otherwise."""
    parts = list((await request.files).items(multi=True))
    strangers = sorted({key for key, _ in parts if key != name})
    if strangers or not parts:
        found = f", not {', '.join(strangers)}" if strangers else "; none came"
        raise ValidationFailedError(f"send multipart/form-data with files in parts named {name!r}{found}")
    if len(parts) > most:
        raise ValidationFailedError(f"{len(parts)} files are too many; send at most {most} at a time")
    return [part for _, part in parts]


async def assignment_of_form() -> UUID | None:
    """The form's `assignment_id`, its only field that is not a file; ValidationFailedError names what is wrong."""
    form = await request.form
    strangers = sorted(set(form) - {"assignment_id"})
    if strangers:
        raise ValidationFailedError(f"the form has fields that are not known: {', '.join(strangers)}")
    if "assignment_id" not in form:
        return None
    try:
        return UUID(form["assignment_id"])
    except ValueError as error:
        raise ValidationFailedError("assignment_id must be a UUID") from error


def upload_from(part: FileStorage, most_bytes: int) -> Upload:
    """The part's clean name and its bytes; ValidationFailedError or PayloadTooLargeError if there can be none."""
    try:
        filename = clean_filename(part.filename)
    except ValueError as error:
        raise ValidationFailedError(str(error), code="filename") from error
    size = part.stream.seek(0, SEEK_END)
    if size > most_bytes:
        raise PayloadTooLargeError(f"the file has {size} bytes; at most {most_bytes} are accepted")
    part.stream.seek(0)
    return Upload(filename, part.stream.read())


def stored_item(file: StoredFile, version: FileVersion | None = None) -> UploadedItem:
    """What is answered for a file that is stored, whether its text is valid or not."""
    item = UploadedItem(
        filename=file.filename,
        status=CREATED,
        file=file,
        version=None if version is None else facts_of(version),
    )
    if file.status is not FileStatus.FAILED:
        return item
    error = _error(str(file.validation_error_code), str(file.validation_error_message), {})
    return item.model_copy(update={"status": STORED_BUT_NOT_VALID, "error": error})


def refused_item(part: FileStorage, error: DomainError) -> UploadedItem:
    """What is answered for a file that was not stored."""
    name = (part.filename or "").encode(errors="replace").decode()
    return UploadedItem(
        filename=name, status=error.status, error=_error(error.code, error.message, dict(error.details))
    )


def status_of_all(items: Iterable[UploadedItem]) -> int:
    """201 if every file is stored and valid, else 207: read each item's own."""
    return CREATED if all(item.status == CREATED for item in items) else OUTCOMES_DIFFER


def _error(code: str, message: str, details: dict[str, object]) -> ErrorFields:
    return ErrorFields(code=code, message=message, correlation_id=correlation_id(), details=details)
