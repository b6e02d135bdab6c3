"""Routes about batches: their creation, how far they have come, and what came out of them."""

from uuid import UUID, uuid4

from dishka import FromDishka
from quart import Blueprint
from quart_dishka import inject
from quart_schema import validate_headers, validate_querystring, validate_request

from services.cj_assessment_service.api_models import (
    BatchesAnswer,
    BatchesQuestion,
    BatchQuestion,
    BudgetQuestion,
    EssaysAnswer,
    ProjectionsAnswer,
    RankingAnswer,
)
from services.cj_assessment_service.batches import Batch
from services.cj_assessment_service.protocols import AssessmentHandler, BatchRepository
from services.kit.correlation import correlation_id
from services.kit.identity import Caller
from services.kit.web.answers import answers
from services.kit.web.idempotency import IdempotencyHeaders
from services.kit.web.models import PageQuestion
from services.kit.web.preconditions import WithEtag, expected_row_version, with_etag
from services.kit.web.transactions import in_unit_of_work

batches_blueprint = Blueprint("cj_batches", __name__, url_prefix="/v1/cj/batches")


@batches_blueprint.post("")
@answers(Batch, 200, 201, errors=(400, 404, 409, 413))
@validate_headers(IdempotencyHeaders)
@validate_request(BatchQuestion)
@inject
async def create_batch(
    data: BatchQuestion, headers: IdempotencyHeaders, caller: FromDishka[Caller], handler: FromDishka[AssessmentHandler]
) -> WithEtag[Batch]:
    """Create a batch with its essays, and with the anchors of its assignment.

    201 the first time; 200 with the first answer for the same Idempotency-Key, which creates nothing.
    """
    request = data.request(caller, headers.idempotency_key, correlation_id() or uuid4())
    answered = await handler.start(request)
    return with_etag(answered.answer, 200 if answered.repeated else 201)


@batches_blueprint.get("")
@answers(BatchesAnswer, 200, errors=(400,))
@validate_querystring(BatchesQuestion)
@in_unit_of_work
async def list_batches(
    query_args: BatchesQuestion, caller: FromDishka[Caller], batches: FromDishka[BatchRepository]
) -> BatchesAnswer:
    """List the caller's batches, an admin's all, oldest first, page by page."""
    page = await batches.list_batches(caller, query_args.filter(), query_args.page())
    return BatchesAnswer(batches=list(page.items), next_cursor=page.next_cursor)


@batches_blueprint.get("/<uuid:batch_id>")
@answers(Batch, 200, errors=(404,))
@in_unit_of_work
async def read_batch(
    batch_id: UUID, caller: FromDishka[Caller], batches: FromDishka[BatchRepository]
) -> WithEtag[Batch]:
    """Read how far a batch has come; its ETag is what If-Match asks for when its budget is changed."""
    return with_etag(await batches.get(caller, batch_id))


@batches_blueprint.patch("/<uuid:batch_id>")
@answers(Batch, 200, errors=(400, 404, 409, 413))
@validate_request(BudgetQuestion)
@in_unit_of_work
async def change_budget(
    batch_id: UUID, data: BudgetQuestion, caller: FromDishka[Caller], batches: FromDishka[BatchRepository]
) -> WithEtag[Batch]:
    """Change how many comparisons may be asked for; a batch that failed goes on comparing."""
    expected = expected_row_version()
    budget = data.comparison_budget
    return with_etag(await batches.change_budget(caller, batch_id, budget, expected_row_version=expected))


@batches_blueprint.get("/<uuid:batch_id>/essays")
@answers(EssaysAnswer, 200, errors=(400, 404))
@validate_querystring(PageQuestion)
@in_unit_of_work
async def list_essays(
    batch_id: UUID, query_args: PageQuestion, caller: FromDishka[Caller], batches: FromDishka[BatchRepository]
) -> EssaysAnswer:
    """List a batch's essays, anchors among them, with their scores and ranks so far, page by page."""
    page = await batches.list_essays(caller, batch_id, query_args.page())
    return EssaysAnswer(essays=list(page.items), next_cursor=page.next_cursor)


@batches_blueprint.get("/<uuid:batch_id>/ranking")
@answers(RankingAnswer, 200, errors=(404,))
@in_unit_of_work
async def read_ranking(
    batch_id: UUID, caller: FromDishka[Caller], batches: FromDishka[BatchRepository]
) -> RankingAnswer:
    """Read the ranking of the last scoring, the best essay first; empty before the first one."""
    return RankingAnswer(essays=list(await batches.ranking(caller, batch_id)))


@batches_blueprint.get("/<uuid:batch_id>/grade-projections")
@answers(ProjectionsAnswer, 200, errors=(400, 404))
@validate_querystring(PageQuestion)
@in_unit_of_work
async def list_grade_projections(
    batch_id: UUID, query_args: PageQuestion, caller: FromDishka[Caller], batches: FromDishka[BatchRepository]
) -> ProjectionsAnswer:
    """List the grades of a complete batch's essays; where there are none its `projection_outcome` says why."""
    page = await batches.list_projections(caller, batch_id, query_args.page())
    return ProjectionsAnswer(grade_projections=list(page.items), next_cursor=page.next_cursor)
