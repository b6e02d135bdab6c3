"""Routes about contents: what they are, and what becomes of them."""

from dishka import FromDishka
from quart import Blueprint
from quart_schema import validate_querystring

from services.content_service.api_models import ContentsAnswer, ContentsQuestion
from services.content_service.domain import StoredContent
from services.content_service.protocols import ContentRepository
from services.kit.identity import Caller
from services.kit.web.answers import answers
from services.kit.web.models import VisibilityQuestion
from services.kit.web.preconditions import WithEtag, expected_row_version, with_etag
from services.kit.web.transactions import in_unit_of_work

contents_blueprint = Blueprint("contents", __name__, url_prefix="/v1/contents")


@contents_blueprint.get("")
@answers(ContentsAnswer, 200, errors=(400, 404))
@validate_querystring(ContentsQuestion)
@in_unit_of_work
async def list_contents(
    query_args: ContentsQuestion, caller: FromDishka[Caller], contents: FromDishka[ContentRepository]
) -> ContentsAnswer:
    """List the contents of a user, else the caller's, by type, tag and time, oldest first, page by page."""
    owner = query_args.user_id or caller.user_id
    page = await contents.list_by_user(caller, owner, query_args.filter(), query_args.page())
    return ContentsAnswer(contents=list(page.items), next_cursor=page.next_cursor)


@contents_blueprint.get("/<string:content_id>")
@answers(StoredContent, 200, errors=(400, 404))
@validate_querystring(VisibilityQuestion)
@in_unit_of_work
async def read_content(
    content_id: str, query_args: VisibilityQuestion, caller: FromDishka[Caller], contents: FromDishka[ContentRepository]
) -> WithEtag[StoredContent]:
    """Read what is known of a content; its ETag is what If-Match asks for when it is deleted or restored."""
    return with_etag(await contents.get(caller, content_id, include_deleted=query_args.include_deleted))


@contents_blueprint.delete("/<string:content_id>")
@answers(StoredContent, 200, errors=(400, 404, 409))
@in_unit_of_work
async def delete_content(
    content_id: str, caller: FromDishka[Caller], contents: FromDishka[ContentRepository]
) -> WithEtag[StoredContent]:
    """Delete a content; until it is purged it can be restored."""
    return with_etag(await contents.soft_delete(caller, content_id, expected_row_version=expected_row_version()))


@contents_blueprint.post("/<string:content_id>/restore")
@answers(StoredContent, 200, errors=(400, 404, 409))
@in_unit_of_work
async def restore_content(
    content_id: str, caller: FromDishka[Caller], contents: FromDishka[ContentRepository]
) -> WithEtag[StoredContent]:
    """Bring a deleted content back, unless its owner stored the same bytes anew."""
    return with_etag(await contents.restore(caller, content_id, expected_row_version=expected_row_version()))
