"""Which files a query is about: whose they are, which one it is, and what a list leaves out."""

from functools import cache
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from services.file_service.domain import FileFilter
from services.file_service.models_db import FileRow
from services.kit.identity import Caller
from services.kit.postgres.ownership import CALLER_ID, owned, owned_as_parameter


def visible(caller: Caller) -> Select[FileRow]:
    """The files that the caller may see, deleted ones among them."""
    return owned(select(FileRow), FileRow.user_id, caller)


def one_file(caller: Caller, *, include_deleted: bool) -> Select[FileRow]:
    """The file that `parameters_of` name, if the caller may see it."""
    return _one_file(is_admin=caller.is_admin, include_deleted=include_deleted)


def one_file_locked(caller: Caller, *, include_deleted: bool) -> Select[FileRow]:
    """The file that `parameters_of` name, as it is once nobody else changes it, if the caller may see it."""
    return _one_file_locked(is_admin=caller.is_admin, include_deleted=include_deleted)


def parameters_of(caller: Caller, file_id: UUID) -> dict[str, UUID | str]:
    """The parameters with which one file is asked for."""
    return {"file_id": file_id, CALLER_ID: caller.user_id}


# Each is built once: to build it anew, and to find it among the compiled ones, is a fifth of what a `get` takes.
@cache
def _one_file(*, is_admin: bool, include_deleted: bool) -> Select[FileRow]:
    anybodys = select(FileRow).where(FileRow.file_id == bindparam("file_id"))
    file = owned_as_parameter(anybodys, FileRow.user_id, is_admin=is_admin)
    return file if include_deleted else file.where(FileRow.deleted_at.is_(None))


@cache
def _one_file_locked(*, is_admin: bool, include_deleted: bool) -> Select[FileRow]:
    file = _one_file(is_admin=is_admin, include_deleted=include_deleted)
    return file.with_for_update().execution_options(populate_existing=True)


def filtered(files: Select[FileRow], wanted: FileFilter) -> Select[FileRow]:
    """Those of the files that the filter lets through."""
    if wanted.status is not None:
        files = files.where(FileRow.status == wanted.status)
    if wanted.assignment_id is not None:
        files = files.where(FileRow.assignment_id == wanted.assignment_id)
    if wanted.filename_contains:
        files = files.where(FileRow.filename.icontains(wanted.filename_contains, autoescape=True))
    return files if wanted.include_deleted else files.where(FileRow.deleted_at.is_(None))
