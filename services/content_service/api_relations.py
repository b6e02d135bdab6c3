"""Routes about relations: those of a content, and where a walk along them leads."""

from uuid import UUID

from dishka import FromDishka
from quart import Blueprint
from quart_schema import validate_querystring, validate_request

from services.content_service.api_models import (
    RelationQuestion,
    RelationsAnswer,
    RelationsQuestion,
    WalkAnswer,
    WalkQuestion,
)
from services.content_service.domain import Direction, Relation, WalkedContent
from services.content_service.protocols import RelationRepository
from services.kit.identity import Caller
from services.kit.paging import Page
from services.kit.web.answers import answers
from services.kit.web.transactions import in_unit_of_work

relations_blueprint = Blueprint("relations", __name__, url_prefix="/v1/contents/<string:content_id>")


@relations_blueprint.post("/relations")
@answers(Relation, 200, 201, errors=(400, 404, 409))
@validate_request(RelationQuestion)
@in_unit_of_work
async def add_relation(
    content_id: str, data: RelationQuestion, caller: FromDishka[Caller], relations: FromDishka[RelationRepository]
) -> tuple[Relation, int]:
    """Relate a content to another; 200 if it is so related already, 409 if derived_from would lead in a circle."""
    relation, is_new = await relations.add(caller, data.relation_from(content_id))
    return relation, 201 if is_new else 200


@relations_blueprint.get("/relations")
@answers(RelationsAnswer, 200, errors=(400, 404))
@validate_querystring(RelationsQuestion)
@in_unit_of_work
async def list_relations(
    content_id: str,
    query_args: RelationsQuestion,
    caller: FromDishka[Caller],
    relations: FromDishka[RelationRepository],
) -> RelationsAnswer:
    """List the relations that lead from and to a content, page by page."""
    page = await relations.list_of_content(caller, content_id, query_args.filter(), query_args.page())
    return RelationsAnswer(relations=list(page.items), next_cursor=page.next_cursor)


@relations_blueprint.delete("/relations/<uuid:relation_id>")
@answers(Relation, 200, errors=(404,))
@in_unit_of_work
async def remove_relation(
    content_id: str, relation_id: UUID, caller: FromDishka[Caller], relations: FromDishka[RelationRepository]
) -> Relation:
    """End a relation that leads from or to a content."""
    return await relations.remove(caller, content_id, relation_id)


@relations_blueprint.get("/ancestors")
@answers(WalkAnswer, 200, errors=(400, 404))
@validate_querystring(WalkQuestion)
@in_unit_of_work
async def list_ancestors(
    content_id: str, query_args: WalkQuestion, caller: FromDishka[Caller], relations: FromDishka[RelationRepository]
) -> WalkAnswer:
    """List what a content's relations lead to, directly or through others, each with its least number of steps."""
    walk = query_args.walk(Direction.OUTGOING)
    return _walked(await relations.walk(caller, content_id, walk, query_args.page()))


@relations_blueprint.get("/descendants")
@answers(WalkAnswer, 200, errors=(400, 404))
@validate_querystring(WalkQuestion)
@in_unit_of_work
async def list_descendants(
    content_id: str, query_args: WalkQuestion, caller: FromDishka[Caller], relations: FromDishka[RelationRepository]
) -> WalkAnswer:
    """List what has relations that lead to a content, directly or through others, each with its number of steps."""
    walk = query_args.walk(Direction.INCOMING)
    return _walked(await relations.walk(caller, content_id, walk, query_args.page()))


def _walked(page: Page[WalkedContent]) -> WalkAnswer:
    return WalkAnswer(contents=list(page.items), next_cursor=page.next_cursor)
