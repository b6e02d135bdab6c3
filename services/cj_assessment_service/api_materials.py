"""Routes about what is prepared for assignments and courses: configurations and anchors."""

from uuid import UUID

from dishka import FromDishka
from quart import Blueprint
from quart_schema import validate_querystring, validate_request

from services.cj_assessment_service.api_material_models import (
    AnchorQuestion,
    AnchorsAnswer,
    AnchorsQuestion,
    ConfigQuestion,
    ConfigsAnswer,
    ConfigsQuestion,
)
from services.cj_assessment_service.materials import Anchor, AssessmentConfig
from services.cj_assessment_service.protocols import AnchorRepository, AssessmentConfigRepository
from services.kit.identity import Caller
from services.kit.web.answers import answers
from services.kit.web.transactions import in_unit_of_work

materials_blueprint = Blueprint("cj_materials", __name__, url_prefix="/v1/cj")


@materials_blueprint.post("/assessment-configs")
@answers(AssessmentConfig, 201, errors=(400, 403, 404, 413))
@validate_request(ConfigQuestion)
@in_unit_of_work
async def add_config(
    data: ConfigQuestion, caller: FromDishka[Caller], configs: FromDishka[AssessmentConfigRepository]
) -> tuple[AssessmentConfig, int]:
    """Store the next version of an assignment's or a course's configuration; those before stay as they are."""
    return await configs.add_version(caller, data.new()), 201


@materials_blueprint.get("/assessment-configs")
@answers(ConfigsAnswer, 200, errors=(400,))
@validate_querystring(ConfigsQuestion)
@in_unit_of_work
async def list_configs(
    query_args: ConfigsQuestion, caller: FromDishka[Caller], configs: FromDishka[AssessmentConfigRepository]
) -> ConfigsAnswer:
    """List the configurations that the caller may read, oldest first, page by page."""
    page = await configs.list_configs(caller, query_args.target(), query_args.page())
    return ConfigsAnswer(assessment_configs=list(page.items), next_cursor=page.next_cursor)


@materials_blueprint.get("/assessment-configs/<uuid:config_id>")
@answers(AssessmentConfig, 200, errors=(404,))
@in_unit_of_work
async def read_config(
    config_id: UUID, caller: FromDishka[Caller], configs: FromDishka[AssessmentConfigRepository]
) -> AssessmentConfig:
    """Read one version of a configuration."""
    return await configs.get(caller, config_id)


@materials_blueprint.post("/anchor-essays")
@answers(Anchor, 201, errors=(400, 409, 413))
@validate_request(AnchorQuestion)
@in_unit_of_work
async def add_anchor(
    data: AnchorQuestion, caller: FromDishka[Caller], anchors: FromDishka[AnchorRepository]
) -> tuple[Anchor, int]:
    """Add an anchor to an assignment; batches created from now on are compared with it."""
    return await anchors.add(caller, data.new()), 201


@materials_blueprint.get("/anchor-essays")
@answers(AnchorsAnswer, 200, errors=(400,))
@validate_querystring(AnchorsQuestion)
@in_unit_of_work
async def list_anchors(
    query_args: AnchorsQuestion, caller: FromDishka[Caller], anchors: FromDishka[AnchorRepository]
) -> AnchorsAnswer:
    """List the anchors that the caller may read, oldest first, page by page."""
    page = await anchors.list_anchors(caller, query_args.assignment_id, query_args.page())
    return AnchorsAnswer(anchor_essays=list(page.items), next_cursor=page.next_cursor)


@materials_blueprint.get("/anchor-essays/<uuid:anchor_id>")
@answers(Anchor, 200, errors=(404,))
@in_unit_of_work
async def read_anchor(anchor_id: UUID, caller: FromDishka[Caller], anchors: FromDishka[AnchorRepository]) -> Anchor:
    """Read an anchor."""
    return await anchors.get(caller, anchor_id)


@materials_blueprint.delete("/anchor-essays/<uuid:anchor_id>")
@answers(Anchor, 200, errors=(404, 409))
@in_unit_of_work
async def remove_anchor(anchor_id: UUID, caller: FromDishka[Caller], anchors: FromDishka[AnchorRepository]) -> Anchor:
    """Remove one's own anchor, and answer what it was; one that a batch was compared with stays."""
    return await anchors.remove(caller, anchor_id)
