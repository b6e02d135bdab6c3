"""Routes about comparisons: which pairs to judge next, and what judges answer."""

from uuid import UUID

from dishka import FromDishka
from quart import Blueprint
from quart_dishka import inject
from quart_schema import validate_headers, validate_querystring, validate_request

from services.cj_assessment_service.api_models import (
    ComparisonsAnswer,
    ComparisonsQuestion,
    JudgementAnswer,
    JudgementQuestion,
    PairsAnswer,
    PairsQuestion,
)
from services.cj_assessment_service.protocols import AssessmentHandler, ComparisonRepository, JudgementHandler
from services.kit.identity import Caller
from services.kit.web.answers import answers
from services.kit.web.idempotency import IdempotencyHeaders
from services.kit.web.transactions import in_unit_of_work

comparisons_blueprint = Blueprint("cj_comparisons", __name__, url_prefix="/v1/cj")


@comparisons_blueprint.post("/batches/<uuid:batch_id>/comparisons")
@answers(PairsAnswer, 200, 201, errors=(400, 404, 409, 413))
@validate_headers(IdempotencyHeaders)
@validate_request(PairsQuestion)
@inject
async def request_pairs(
    batch_id: UUID,
    data: PairsQuestion,
    headers: IdempotencyHeaders,
    caller: FromDishka[Caller],
    handler: FromDishka[AssessmentHandler],
) -> tuple[PairsAnswer, int]:
    """Ask for the next comparisons: essays compared least first, no pair twice in a round, within the budget.

    201 the first time; 200 with the first answer for the same Idempotency-Key, which asks for nothing anew.
    """
    answered = await handler.request_pairs(data.request(caller, headers.idempotency_key, batch_id))
    return PairsAnswer(comparisons=list(answered.answer)), 200 if answered.repeated else 201


@comparisons_blueprint.get("/batches/<uuid:batch_id>/comparisons")
@answers(ComparisonsAnswer, 200, errors=(400, 404))
@validate_querystring(ComparisonsQuestion)
@in_unit_of_work
async def list_comparisons(
    batch_id: UUID,
    query_args: ComparisonsQuestion,
    caller: FromDishka[Caller],
    comparisons: FromDishka[ComparisonRepository],
) -> ComparisonsAnswer:
    """List a batch's comparisons in the order in which they were asked for, page by page."""
    page = await comparisons.list_comparisons(caller, batch_id, query_args.filter(), query_args.page())
    return ComparisonsAnswer(comparisons=list(page.items), next_cursor=page.next_cursor)


@comparisons_blueprint.post("/judgements")
@answers(JudgementAnswer, 200, 201, errors=(400, 404, 413))
@validate_request(JudgementQuestion)
@inject
async def judge(
    data: JudgementQuestion, caller: FromDishka[Caller], handler: FromDishka[JudgementHandler]
) -> tuple[JudgementAnswer, int]:
    """Take a judge's answer in; 404 if nobody asked.

    201 for the first one; 200 for any other, which changes nothing and is answered with the first. The answer that
    ends a round has the batch scored before this is answered.
    """
    answered = await handler.judge(data.message(caller))
    answer = JudgementAnswer(comparison=answered.answer, repeated=answered.repeated)
    return answer, 200 if answered.repeated else 201
