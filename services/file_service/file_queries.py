"""Which files a query is about: whose they are, which one it is, and what a list leaves out."""

from uuid import UUID

from sqlalchemy import Select, select

from services.file_service.domain import FileFilter
from services.file_service.models_db import FileRow
from services.kit.identity import Caller


def visible(caller: Caller) -> Select[FileRow]:
    """The files that the caller may see, deleted ones among them."""
    files = select(FileRow)
    return files if caller.is_admin else files.where(FileRow.user_id == caller.user_id)


def one_file(caller: Caller, file_id: UUID, *, include_deleted: bool) -> Select[FileRow]:
    """That file, if the caller may see it."""
    file = visible(caller).where(FileRow.file_id == file_id)
    return file if include_deleted else file.where(FileRow.deleted_at.is_(None))


def filtered(files: Select[FileRow], wanted: FileFilter) -> Select[FileRow]:
    """Those of the files that the filter lets through."""
    if wanted.status is not None:
        files = files.where(FileRow.status == wanted.status)
    if wanted.assignment_id is not None:
        files = files.where(FileRow.assignment_id == wanted.assignment_id)
    if wanted.filename_contains:
        files = files.where(FileRow.filename.icontains(wanted.filename_contains, autoescape=True))
    return files if wanted.include_deleted else files.where(FileRow.deleted_at.is_(None))
