"""Routes that give bytes out, exactly as they came in."""

from uuid import UUID

from dishka import FromDishka
from quart import Blueprint, Response, request
from quart_dishka import inject
from quart_schema import validate_querystring

from services.file_service.api_models import VisibilityQuestion
from services.file_service.downloading import Download, Downloads
from services.file_service.filenames import attachment_header
from services.kit.web.answers import answers_bytes

NOT_MODIFIED = 304

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
    if request.if_none_match.contains(download.version.sha256):
        return Response(b"", NOT_MODIFIED, {"ETag": _etag(download)})
    if request.method == "HEAD":
        return _with_headers(Response(b""), download)
    stored = await downloads.open(download)
    return _with_headers(Response(stored.chunks), download)


def _with_headers(response: Response, download: Download) -> Response:
    """The media type is the one that the bytes showed when they came, and no browser is to guess another."""
    response.headers["Content-Type"] = download.version.content_type
    response.headers["Content-Length"] = str(download.version.size_bytes)
    response.headers["Content-Disposition"] = attachment_header(download.filename)
    response.headers["ETag"] = _etag(download)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _etag(download: Download) -> str:
    return f'"{download.version.sha256}"'
