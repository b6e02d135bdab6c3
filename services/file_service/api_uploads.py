"""Routes that take bytes in: new files of a batch, and a new version of a file."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from dishka import FromDishka
from quart import Blueprint
from quart.datastructures import FileStorage
from quart_dishka import inject
from quart_schema import DataSource, document_request

from services.file_service.api_models import UploadAnswer, UploadedItem, UploadForm, VersionForm
from services.file_service.api_upload_items import (
    CREATED,
    OUTCOMES_DIFFER,
    STORED_BUT_NOT_VALID,
    assignment_of_form,
    refused_item,
    sent_files,
    status_of_all,
    stored_item,
    upload_from,
)
from services.file_service.config import FileServiceSettings
from services.file_service.uploading import Uploads
from services.kit.errors import DomainError, ServiceUnavailableError
from services.kit.web.answers import answers

uploads_blueprint = Blueprint("uploads", __name__, url_prefix="/v1")


@uploads_blueprint.post("/batches/<uuid:batch_id>/files")
@answers(UploadAnswer, CREATED, OUTCOMES_DIFFER, errors=(400, 413))
@document_request(UploadForm, source=DataSource.FORM_MULTIPART)
@inject
async def upload_files(
    batch_id: UUID, uploads: FromDishka[Uploads], settings: FromDishka[FileServiceSettings]
) -> tuple[UploadAnswer, int]:
    """Upload one file or many to a batch; each is answered for itself.

    201 if all are stored and valid; 207 otherwise, and each result tells by a status of its own what became of it.
    A file whose text is not valid is stored nevertheless, with status `failed` and the reason.
    """
    sent, assignment_id = await sent_files("files", settings.max_files_per_upload), await assignment_of_form()

    async def store(part: FileStorage) -> UploadedItem:
        upload = upload_from(part, settings.max_upload_bytes)
        return stored_item(await uploads.new_file(batch_id, assignment_id, upload))

    results = await _each_for_itself(sent, store)
    return UploadAnswer(results=results), status_of_all(results)


@uploads_blueprint.post("/files/<uuid:file_id>/versions")
@answers(UploadedItem, CREATED, STORED_BUT_NOT_VALID, errors=(400, 404, 409, 413))
@document_request(VersionForm, source=DataSource.FORM_MULTIPART)
@inject
async def upload_version(
    file_id: UUID, uploads: FromDishka[Uploads], settings: FromDishka[FileServiceSettings]
) -> tuple[UploadedItem, int]:
    """Upload the next version of a file.

    201 if it is valid; 422 if its text is not: the version is stored nevertheless, and the file's status is `failed`.
    """
    (part,) = await sent_files("file", most=1)
    file, version = await uploads.new_version(file_id, upload_from(part, settings.max_upload_bytes))
    item = stored_item(file, version)
    return item, item.status


async def _each_for_itself(
    parts: list[FileStorage], store: Callable[[FileStorage], Awaitable[UploadedItem]]
) -> list[UploadedItem]:
    """What became of each part; ServiceUnavailableError if it is the same outage for all of them.

    After an outage the rest is not tried: nobody should wait for the same time limit once for every file.
    """
    items: list[UploadedItem] = []
    outage: ServiceUnavailableError | None = None
    for part in parts:
        try:
            items.append(await store(part) if outage is None else refused_item(part, outage))
        except ServiceUnavailableError as error:
            outage = error
            items.append(refused_item(part, error))
        except DomainError as error:
            items.append(refused_item(part, error))
    if outage is not None and all(item.status == outage.status for item in items):
        raise outage
    return items
