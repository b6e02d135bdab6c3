"""Routes that give bytes out, exactly as they came in."""

from uuid import UUID

from dishka import FromDishka
from quart import Blueprint, Response
from quart_dishka import inject
from quart_schema import validate_querystring

from services.file_service.downloading import Downloads
from services.file_service.filenames import attachment_header
from services.kit.web.answers import answers_bytes
from services.kit.web.downloads import DescribedBytes, answer_with_bytes, answer_without_bytes
from services.kit.web.models import VisibilityQuestion

downloads_blueprint = Blueprint("downloads", __name__, url_prefix="/v1/files/<uuid:file_id>")


@downloads_blueprint.get("/content")
@answers_bytes(errors=(400, 404))
@validate_querystring(VisibilityQuestion)
@inject
async def download_current(file_id: UUID, query_args: VisibilityQuestion, downloads: FromDishka[Downloads]) -> Response:
    """Download the bytes of a file's newest version."""
    return await _bytes(downloads, file_id, None, query_args)


@downloads_blueprint.get("/versions/<int(min=1,max=2147483647):version>/content")
@answers_bytes(errors=(400, 404))
@validate_querystring(VisibilityQuestion)
@inject
async def download_version(
    file_id: UUID, version: int, query_args: VisibilityQuestion, downloads: FromDishka[Downloads]
) -> Response:
    """Download the bytes of one version of a file."""
    return await _bytes(downloads, file_id, version, query_args)


async def _bytes(downloads: Downloads, file_id: UUID, version: int | None, question: VisibilityQuestion) -> Response:
    download = await downloads.find(file_id, version, include_deleted=question.include_deleted)
    described = DescribedBytes(
        content_type=download.version.content_type,
        size_bytes=download.version.size_bytes,
        sha256=download.version.sha256,
        disposition=attachment_header(download.filename),
    )
    answer = answer_without_bytes(described)
    if answer is None:
        stored = await downloads.open(download)
        answer = answer_with_bytes(described, stored.chunks)
    return answer
