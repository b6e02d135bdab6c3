"""Routes about corrections: those of a text, and those of a word in all texts."""

from uuid import UUID

from dishka import FromDishka
from quart import Blueprint
from quart_schema import validate_querystring

from services.kit.errors import ValidationFailedError
from services.kit.identity import Caller
from services.kit.paging import Page
from services.kit.web.answers import answers
from services.kit.web.models import PageQuestion
from services.kit.web.transactions import in_unit_of_work
from services.spell_checker_service.api_models import CorrectionsAnswer, WordQuestion
from services.spell_checker_service.domain import Correction
from services.spell_checker_service.protocols import SpellcheckRepository

corrections_blueprint = Blueprint("corrections", __name__, url_prefix="/v1/spellcheck")


@corrections_blueprint.get("/jobs/<uuid:job_id>/corrections")
@answers(CorrectionsAnswer, 200, errors=(400, 404))
@validate_querystring(PageQuestion)
@in_unit_of_work
async def list_corrections(
    job_id: UUID, query_args: PageQuestion, caller: FromDishka[Caller], jobs: FromDishka[SpellcheckRepository]
) -> CorrectionsAnswer:
    """List the corrections of a text, in its order, page by page."""
    return _answer(await jobs.list_corrections(caller, job_id, query_args.page()))


@corrections_blueprint.get("/corrections")
@answers(CorrectionsAnswer, 200, errors=(400,))
@validate_querystring(WordQuestion)
@in_unit_of_work
async def search_corrections(
    query_args: WordQuestion, caller: FromDishka[Caller], jobs: FromDishka[SpellcheckRepository]
) -> CorrectionsAnswer:
    """Search the corrections of a word, in any case, in all texts of the caller, oldest first, page by page."""
    if query_args.word is None:
        raise ValidationFailedError("parameter word is missing: name the word whose corrections are searched")
    return _answer(await jobs.search_corrections(caller, query_args.word, query_args.page()))


def _answer(page: Page[Correction]) -> CorrectionsAnswer:
    return CorrectionsAnswer(corrections=list(page.items), next_cursor=page.next_cursor)
