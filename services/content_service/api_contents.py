"""Routes about contents: what they are, and what becomes of them."""

from dishka import FromDishka
from quart import Blueprint
from quart_dishka import inject
from quart_schema import validate_querystring

from services.content_service.api_models import ContentsAnswer, ContentsQuestion, VisibilityQuestion
from services.content_service.domain import StoredContent
from services.content_service.protocols import ContentRepository
from services.kit.identity import Caller
from services.kit.postgres.unit_of_work import UnitOfWork
from services.kit.web.answers import answers
from services.kit.web.preconditions import expected_row_version, row_version_etag

ContentWithEtag = tuple[StoredContent, int, dict[str, str]]

contents_blueprint = Blueprint("contents", __name__, url_prefix="/v1/contents")


@contents_blueprint.get("")
@answers(ContentsAnswer, 200, errors=(400, 404))
@validate_querystring(ContentsQuestion)
@inject
async def list_contents(
    query_args: ContentsQuestion,
    caller: FromDishka[Caller],
    unit: FromDishka[UnitOfWork],
    contents: FromDishka[ContentRepository],
) -> ContentsAnswer:
    """List the contents of a user, else the caller's, by type, tag and time, oldest first, page by page."""
    owner, page = query_args.user_id or caller.user_id, query_args.page()
    async with unit:
        found = await contents.list_by_user(caller, owner, query_args.filter(), page)
    return ContentsAnswer(contents=list(found.items), next_cursor=found.next_cursor)


@contents_blueprint.get("/<string:content_id>")
@answers(StoredContent, 200, errors=(400, 404))
@validate_querystring(VisibilityQuestion)
@inject
async def read_content(
    content_id: str,
    query_args: VisibilityQuestion,
    caller: FromDishka[Caller],
    unit: FromDishka[UnitOfWork],
    contents: FromDishka[ContentRepository],
) -> ContentWithEtag:
    """Read what is known of a content; its ETag is what If-Match asks for when it is deleted or restored."""
    async with unit:
        return _answer(await contents.get(caller, content_id, include_deleted=query_args.include_deleted))


@contents_blueprint.delete("/<string:content_id>")
@answers(StoredContent, 200, errors=(400, 404, 409))
@inject
async def delete_content(
    content_id: str, caller: FromDishka[Caller], unit: FromDishka[UnitOfWork], contents: FromDishka[ContentRepository]
) -> ContentWithEtag:
    """Delete a content; until it is purged it can be restored."""
    async with unit:
        return _answer(await contents.soft_delete(caller, content_id, expected_row_version=expected_row_version()))


@contents_blueprint.post("/<string:content_id>/restore")
@answers(StoredContent, 200, errors=(400, 404, 409))
@inject
async def restore_content(
    content_id: str, caller: FromDishka[Caller], unit: FromDishka[UnitOfWork], contents: FromDishka[ContentRepository]
) -> ContentWithEtag:
    """Bring a deleted content back, unless its owner stored the same bytes anew."""
    async with unit:
        return _answer(await contents.restore(caller, content_id, expected_row_version=expected_row_version()))


def _answer(content: StoredContent) -> ContentWithEtag:
    return content, 200, {"ETag": row_version_etag(content.row_version)}
