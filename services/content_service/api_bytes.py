"""Routes that take bytes in and give them out, exactly as they came."""

from dishka import FromDishka
from quart import Blueprint, Response
from quart_dishka import inject
from quart_schema import validate_querystring

from services.content_service.api_models import NewContentQuestion
from services.content_service.api_sent_bytes import expected_sha256, sent_bytes
from services.content_service.domain import NewContent, StoredContent
from services.content_service.names import new_content_id
from services.content_service.protocols import ContentRepository
from services.kit.identity import Caller
from services.kit.postgres.unit_of_work import UnitOfWork
from services.kit.web.answers import answers, answers_bytes
from services.kit.web.downloads import (
    DescribedBytes,
    answer_with_bytes,
    answer_without_bytes,
    may_need_no_bytes,
    sha256_etag,
)
from services.kit.web.models import VisibilityQuestion
from services.kit.web.plain_bytes import takes_bytes
from services.kit.web.preconditions import WithEtag, row_version_etag
from services.kit.web.transactions import in_unit_of_work

CREATED = 201

bytes_blueprint = Blueprint("bytes", __name__, url_prefix="/v1/contents")


@bytes_blueprint.post("")
@answers(StoredContent, 200, CREATED, errors=(400, 413))
@takes_bytes
@validate_querystring(NewContentQuestion)
@inject
async def create_content(
    query_args: NewContentQuestion,
    caller: FromDishka[Caller],
    unit: FromDishka[UnitOfWork],
    contents: FromDishka[ContentRepository],
) -> WithEtag[StoredContent]:
    """Store the request's body as a content, under the media type in Content-Type.

    201 if it is new. 200 with the content stored before if the caller has the same bytes as this content type already.
    """
    sent = await sent_bytes()
    new = NewContent(new_content_id(), query_args.content_type, caller.user_id, sent)
    async with unit:
        content, is_new = await contents.store(new)
    headers = {"ETag": row_version_etag(content.row_version), "Location": f"/v1/contents/{content.content_id}"}
    return content, CREATED if is_new else 200, headers


@bytes_blueprint.get("/<string:content_id>/bytes")
@answers_bytes(errors=(400, 404))
@validate_querystring(VisibilityQuestion)
@in_unit_of_work
async def read_bytes(
    content_id: str, query_args: VisibilityQuestion, caller: FromDishka[Caller], contents: FromDishka[ContentRepository]
) -> Response:
    """Read a content's bytes; their ETag is their SHA-256."""
    shown = query_args.include_deleted
    if may_need_no_bytes():
        answer = answer_without_bytes(_described(await contents.get(caller, content_id, include_deleted=shown)))
        if answer is not None:
            return answer
    found = await contents.get_with_bytes(caller, content_id, include_deleted=shown)
    return answer_with_bytes(_described(found.content), found.body)


@bytes_blueprint.put("/<string:content_id>/bytes")
@answers(StoredContent, 200, errors=(400, 404, 409, 413))
@takes_bytes
@inject
async def replace_bytes(
    content_id: str, caller: FromDishka[Caller], unit: FromDishka[UnitOfWork], contents: FromDishka[ContentRepository]
) -> WithEtag[StoredContent]:
    """Put the request's body in the place of a content's bytes; with If-Match only if they are those last read."""
    expected, sent = expected_sha256(), await sent_bytes()
    async with unit:
        content = await contents.replace(caller, content_id, sent, expected_sha256=expected)
    return content, 200, {"ETag": sha256_etag(content.sha256)}


def _described(content: StoredContent) -> DescribedBytes:
    return DescribedBytes(content.mime_type, content.size_bytes, content.sha256)
