"""Routes about tags: those of a content, and those of a user."""

from uuid import UUID

from dishka import FromDishka
from quart import Blueprint
from quart_schema import validate_querystring, validate_request

from services.content_service.api_models import TagQuestion, TagsAnswer, TagsQuestion
from services.content_service.domain import Tag
from services.content_service.protocols import TagRepository
from services.kit.identity import Caller
from services.kit.web.answers import answers
from services.kit.web.models import PageQuestion
from services.kit.web.transactions import in_unit_of_work

tags_blueprint = Blueprint("tags", __name__, url_prefix="/v1")


@tags_blueprint.post("/contents/<string:content_id>/tags")
@answers(Tag, 200, 201, errors=(400, 404, 409))
@validate_request(TagQuestion)
@in_unit_of_work
async def add_tag(
    content_id: str, data: TagQuestion, caller: FromDishka[Caller], tags: FromDishka[TagRepository]
) -> tuple[Tag, int]:
    """Give a content its owner's tag of that name, made if there is none; 200 if the content has it already."""
    tag, is_new = await tags.add(caller, content_id, data.name)
    return tag, 201 if is_new else 200


@tags_blueprint.get("/contents/<string:content_id>/tags")
@answers(TagsAnswer, 200, errors=(400, 404))
@validate_querystring(PageQuestion)
@in_unit_of_work
async def list_tags_of_content(
    content_id: str, query_args: PageQuestion, caller: FromDishka[Caller], tags: FromDishka[TagRepository]
) -> TagsAnswer:
    """List a content's tags, page by page."""
    page = await tags.list_of_content(caller, content_id, query_args.page())
    return TagsAnswer(tags=list(page.items), next_cursor=page.next_cursor)


@tags_blueprint.delete("/contents/<string:content_id>/tags/<uuid:tag_id>")
@answers(Tag, 200, errors=(404,))
@in_unit_of_work
async def remove_tag(content_id: str, tag_id: UUID, caller: FromDishka[Caller], tags: FromDishka[TagRepository]) -> Tag:
    """Take a tag from a content; the tag itself stays."""
    return await tags.remove(caller, content_id, tag_id)


@tags_blueprint.get("/tags")
@answers(TagsAnswer, 200, errors=(400, 404))
@validate_querystring(TagsQuestion)
@in_unit_of_work
async def list_tags(
    query_args: TagsQuestion, caller: FromDishka[Caller], tags: FromDishka[TagRepository]
) -> TagsAnswer:
    """List all tags of a user, else the caller's, page by page."""
    page = await tags.list_by_user(caller, query_args.user_id or caller.user_id, query_args.page())
    return TagsAnswer(tags=list(page.items), next_cursor=page.next_cursor)


@tags_blueprint.delete("/tags/<uuid:tag_id>")
@answers(Tag, 200, errors=(404,))
@in_unit_of_work
async def delete_tag(tag_id: UUID, caller: FromDishka[Caller], tags: FromDishka[TagRepository]) -> Tag:
    """Take a tag from all contents and forget it."""
    return await tags.delete(caller, tag_id)
