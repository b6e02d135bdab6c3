"""Routes about spell-check jobs: asking for one, asking again, and what became of it."""

from uuid import UUID, uuid4

from dishka import FromDishka
from quart import Blueprint
from quart_dishka import inject
from quart_schema import validate_headers, validate_querystring, validate_request

from services.kit.correlation import correlation_id
from services.kit.identity import Caller
from services.kit.postgres.actor import Actor
from services.kit.web.answers import answers
from services.kit.web.idempotency import IdempotencyHeaders
from services.kit.web.transactions import in_unit_of_work
from services.spell_checker_service.api_models import JobQuestion, JobsAnswer, JobsQuestion
from services.spell_checker_service.domain import JobStatus, SpellcheckJob
from services.spell_checker_service.protocols import SpellcheckHandler, SpellcheckRepository
from services.spell_checker_service.requests import RetryRequest, SpellcheckRequest

CREATED = 201
TEXT_REFUSED = 422

jobs_blueprint = Blueprint("jobs", __name__, url_prefix="/v1/spellcheck/jobs")


@jobs_blueprint.post("")
@answers(SpellcheckJob, CREATED, TEXT_REFUSED, errors=(400, 404, 409, 413))
@validate_headers(IdempotencyHeaders)
@validate_request(JobQuestion)
@inject
async def check_essay(
    data: JobQuestion,
    headers: IdempotencyHeaders,
    caller: FromDishka[Caller],
    actor: FromDishka[Actor],
    handler: FromDishka[SpellcheckHandler],
) -> tuple[SpellcheckJob, int]:
    """Check the spelling of an essay's text, once however often it is asked for under the same key.

    201 if it is checked; 422 if the text is to blame that it is not: the job is there nevertheless, and says why.
    """
    request = SpellcheckRequest(
        caller=caller,
        idempotency_key=headers.idempotency_key,
        correlation_id=correlation_id() or uuid4(),
        batch_id=data.batch_id,
        essay_id=data.essay_id,
        text=data.text(),
    )
    return _answer(await handler.handle(request, actor), CREATED)


@jobs_blueprint.post("/<uuid:job_id>/retry")
@answers(SpellcheckJob, 200, TEXT_REFUSED, errors=(400, 404, 409))
@validate_headers(IdempotencyHeaders)
@inject
async def retry_job(
    job_id: UUID,
    headers: IdempotencyHeaders,
    caller: FromDishka[Caller],
    actor: FromDishka[Actor],
    handler: FromDishka[SpellcheckHandler],
) -> tuple[SpellcheckJob, int]:
    """Try a job that failed once more; 422 if the text is still to blame."""
    request = RetryRequest(caller, headers.idempotency_key, correlation_id() or uuid4(), job_id)
    return _answer(await handler.retry(request, actor), 200)


@jobs_blueprint.get("")
@answers(JobsAnswer, 200, errors=(400, 404))
@validate_querystring(JobsQuestion)
@in_unit_of_work
async def list_jobs(
    query_args: JobsQuestion, caller: FromDishka[Caller], jobs: FromDishka[SpellcheckRepository]
) -> JobsAnswer:
    """List the jobs of a batch, an essay or a user that the caller may see, oldest first; else the caller's."""
    page = await jobs.list_jobs(caller, query_args.filter(caller.user_id), query_args.page())
    return JobsAnswer(jobs=list(page.items), next_cursor=page.next_cursor)


@jobs_blueprint.get("/<uuid:job_id>")
@answers(SpellcheckJob, 200, errors=(404,))
@in_unit_of_work
async def read_job(job_id: UUID, caller: FromDishka[Caller], jobs: FromDishka[SpellcheckRepository]) -> SpellcheckJob:
    """Read what became of a job."""
    return await jobs.get(caller, job_id)


@jobs_blueprint.delete("/<uuid:job_id>")
@answers(SpellcheckJob, 200, errors=(404,))
@in_unit_of_work
async def delete_job(job_id: UUID, caller: FromDishka[Caller], jobs: FromDishka[SpellcheckRepository]) -> SpellcheckJob:
    """Delete a job with its corrections for good; the texts stay where they are."""
    return await jobs.delete(caller, job_id)


def _answer(job: SpellcheckJob, status: int) -> tuple[SpellcheckJob, int]:
    return job, TEXT_REFUSED if job.status is JobStatus.FAILED else status
