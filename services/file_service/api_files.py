"""Routes about files and their versions: what they are, and what becomes of them."""

from uuid import UUID

from dishka import FromDishka
from quart import Blueprint
from quart_dishka import inject
from quart_schema import validate_querystring, validate_request

from services.file_service.api_models import (
    FilesAnswer,
    ListQuestion,
    StatusQuestion,
    VersionsAnswer,
    facts_of,
)
from services.file_service.domain import StoredFile, VersionFacts
from services.file_service.downloading import Downloads
from services.file_service.protocols import FileRepository
from services.kit.identity import Caller
from services.kit.web.answers import answers
from services.kit.web.models import VisibilityQuestion
from services.kit.web.preconditions import WithEtag, expected_row_version, with_etag
from services.kit.web.transactions import in_unit_of_work

files_blueprint = Blueprint("files", __name__, url_prefix="/v1/files")


@files_blueprint.get("")
@answers(FilesAnswer, 200, errors=(400, 404))
@validate_querystring(ListQuestion)
@in_unit_of_work
async def list_files(
    query_args: ListQuestion, caller: FromDishka[Caller], files: FromDishka[FileRepository]
) -> FilesAnswer:
    """List the files of a batch or of a user that the caller may see, oldest first, page by page; else the caller's."""
    if query_args.batch_id is not None:
        page = await files.list_by_batch(caller, query_args.batch_id, query_args.filter(), query_args.page())
    else:
        owner = query_args.user_id or caller.user_id
        page = await files.list_by_user(caller, owner, query_args.filter(), query_args.page())
    return FilesAnswer(files=list(page.items), next_cursor=page.next_cursor)


@files_blueprint.get("/<uuid:file_id>")
@answers(StoredFile, 200, errors=(400, 404))
@validate_querystring(VisibilityQuestion)
@in_unit_of_work
async def read_file(
    file_id: UUID, query_args: VisibilityQuestion, caller: FromDishka[Caller], files: FromDishka[FileRepository]
) -> WithEtag[StoredFile]:
    """Read what is known of a file; its ETag is what If-Match asks for when the file is changed."""
    return with_etag(await files.get(caller, file_id, include_deleted=query_args.include_deleted))


@files_blueprint.delete("/<uuid:file_id>")
@answers(StoredFile, 200, errors=(400, 404, 409))
@in_unit_of_work
async def delete_file(
    file_id: UUID, caller: FromDishka[Caller], files: FromDishka[FileRepository]
) -> WithEtag[StoredFile]:
    """Delete a file; until it is purged it can be restored."""
    return with_etag(await files.soft_delete(caller, file_id, expected_row_version=expected_row_version()))


@files_blueprint.post("/<uuid:file_id>/restore")
@answers(StoredFile, 200, errors=(400, 404, 409))
@in_unit_of_work
async def restore_file(
    file_id: UUID, caller: FromDishka[Caller], files: FromDishka[FileRepository]
) -> WithEtag[StoredFile]:
    """Bring a deleted file back."""
    return with_etag(await files.restore(caller, file_id, expected_row_version=expected_row_version()))


@files_blueprint.patch("/<uuid:file_id>/status")
@answers(StoredFile, 200, errors=(400, 404, 409))
@validate_request(StatusQuestion)
@in_unit_of_work
async def change_status(
    file_id: UUID, data: StatusQuestion, caller: FromDishka[Caller], files: FromDishka[FileRepository]
) -> WithEtag[StoredFile]:
    """Move a file's status; with If-Match only if nobody changed the file since it was read."""
    expected = expected_row_version()
    return with_etag(await files.update_status(caller, file_id, data.change(), expected_row_version=expected))


@files_blueprint.get("/<uuid:file_id>/versions")
@answers(VersionsAnswer, 200, errors=(400, 404))
@validate_querystring(VisibilityQuestion)
@in_unit_of_work
async def list_versions(
    file_id: UUID, query_args: VisibilityQuestion, caller: FromDishka[Caller], files: FromDishka[FileRepository]
) -> VersionsAnswer:
    """List all versions of a file, the first one first."""
    versions = await files.list_versions(caller, file_id, include_deleted=query_args.include_deleted)
    return VersionsAnswer(versions=[facts_of(version) for version in versions])


@files_blueprint.get("/<uuid:file_id>/versions/<int(min=1,max=2147483647):version>")
@answers(VersionFacts, 200, errors=(400, 404))
@validate_querystring(VisibilityQuestion)
@inject
async def read_version(
    file_id: UUID, version: int, query_args: VisibilityQuestion, downloads: FromDishka[Downloads]
) -> VersionFacts:
    """Read what is known of one version of a file."""
    found = await downloads.find(file_id, version, include_deleted=query_args.include_deleted)
    return facts_of(found.version)
