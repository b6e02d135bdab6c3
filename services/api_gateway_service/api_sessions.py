"""Routes about sessions: the one of this token, those of a user, and their end."""

from uuid import UUID

from dishka import FromDishka
from quart import Blueprint
from quart_dishka import inject
from quart_schema import validate_querystring

from services.api_gateway_service.api_models import (
    OwnerQuestion,
    RevokedAllAnswer,
    RevokedAnswer,
    SessionsAnswer,
    SessionsQuestion,
    facts_of,
)
from services.api_gateway_service.authentication import Authenticated
from services.api_gateway_service.domain import SessionFacts
from services.api_gateway_service.protocols import SessionRepository
from services.kit.identity import Caller
from services.kit.web.answers import answers
from services.kit.web.transactions import in_unit_of_work

OK, CREATED = 200, 201

sessions_blueprint = Blueprint("sessions", __name__, url_prefix="/v1/sessions")


@sessions_blueprint.post("")
@answers(SessionFacts, OK, CREATED, errors=(429,))
@inject
async def open_session(authenticated: FromDishka[Authenticated]) -> tuple[SessionFacts, int]:
    """Open the session of the token, as the first request of any token does: 201 if this is it, else 200."""
    return facts_of(authenticated.session), CREATED if authenticated.opened else OK


@sessions_blueprint.get("")
@answers(SessionsAnswer, OK, errors=(400, 404, 429))
@validate_querystring(SessionsQuestion)
@in_unit_of_work
async def list_sessions(
    query_args: SessionsQuestion, caller: FromDishka[Caller], sessions: FromDishka[SessionRepository]
) -> SessionsAnswer:
    """List a user's sessions that are neither expired nor revoked, oldest first, page by page; else the caller's."""
    page = await sessions.list_active(caller, query_args.user_id or caller.user_id, query_args.page())
    return SessionsAnswer(sessions=[facts_of(each) for each in page.items], next_cursor=page.next_cursor)


@sessions_blueprint.get("/<uuid:session_id>")
@answers(SessionFacts, OK, errors=(404, 429))
@in_unit_of_work
async def read_session(
    session_id: UUID, caller: FromDishka[Caller], sessions: FromDishka[SessionRepository]
) -> SessionFacts:
    """Read what is known of a session."""
    return facts_of(await sessions.get(caller, session_id))


@sessions_blueprint.delete("/<uuid:session_id>")
@answers(RevokedAnswer, OK, errors=(400, 404, 429))
@in_unit_of_work
async def revoke_session(
    session_id: UUID, caller: FromDishka[Caller], sessions: FromDishka[SessionRepository]
) -> RevokedAnswer:
    """End a session: from now on its token is refused everywhere."""
    return RevokedAnswer(revoked=await sessions.revoke(caller, session_id))


@sessions_blueprint.delete("")
@answers(RevokedAllAnswer, OK, errors=(400, 404, 429))
@validate_querystring(OwnerQuestion)
@in_unit_of_work
async def revoke_sessions(
    query_args: OwnerQuestion, caller: FromDishka[Caller], sessions: FromDishka[SessionRepository]
) -> RevokedAllAnswer:
    """End every session of a user, the caller's if nobody is named: this one among them."""
    return RevokedAllAnswer(revoked=await sessions.revoke_all(caller, query_args.user_id or caller.user_id))
