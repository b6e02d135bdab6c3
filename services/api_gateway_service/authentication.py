"""Who asks: the token of a request proved, and its session looked up, which its first request opens."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.api_gateway_service.domain import AuthOutcome, NewSession, Session
from services.api_gateway_service.protocols import SessionRepository
from services.api_gateway_service.session_repository_postgres_impl import PostgresSessionRepository
from services.api_gateway_service.tokens import Token, TokenRefusedError, TokenVerifier, bearer_token
from services.kit.correlation import correlation_id
from services.kit.identity import Caller
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database


@dataclass(frozen=True)
class Authenticated:
    """A caller with their session. opened: whether this request opened it."""

    caller: Caller
    session: Session
    opened: bool


@dataclass(frozen=True)
class Origin:
    """Where a request comes from, as far as it says: its user agent, and the address of its connection."""

    device: str | None
    ip: str | None


class Authentication:
    """Lets in who has a good token whose session is not revoked; PostgreSQL is asked for each request.

    That is what makes a revoked session end at once on every replica.
    """

    def __init__(self, verifier: TokenVerifier, database: Database, touch_interval: timedelta) -> None:
        self._verifier = verifier
        self._database = database
        self._touch_interval = touch_interval

    async def authenticate(self, authorization: list[str], origin: Origin, route: str) -> Authenticated:
        """Who asks; TokenRefusedError. authorization: every header of that name."""
        token = self._verifier.verify(bearer_token(authorization))
        actor = Actor(token.caller.user_id, correlation_id(), route)
        async with self._database.transaction(actor) as transaction:
            found = await self._with_session(PostgresSessionRepository(transaction), token, origin)
        if found.session.revoked_at is not None:
            raise TokenRefusedError(AuthOutcome.REVOKED, "the token's session was revoked")
        return found

    async def _with_session(self, sessions: SessionRepository, token: Token, origin: Origin) -> Authenticated:
        known = await sessions.find(token.jti)
        session = known or await sessions.open(_session_of(token, origin))
        if session.user_id != token.caller.user_id:
            raise TokenRefusedError(AuthOutcome.MALFORMED, "the token's id (jti) belongs to a token of another subject")
        if session.expires_at < token.expires_at:
            # Of a revoked one as well: it must not be forgotten while a token of its id lives.
            session = await sessions.extend(session, token.expires_at)
        # Two clocks that differ only make this ask too often or too late by as much: PostgreSQL decides by its own.
        if session.last_activity_at + self._touch_interval <= datetime.now(UTC):
            await sessions.touch(session.session_id, self._touch_interval)
        return Authenticated(token.caller, session, opened=known is None)


def _session_of(token: Token, origin: Origin) -> NewSession:
    return NewSession(token.caller.user_id, token.jti, origin.device, origin.ip, token.expires_at)
