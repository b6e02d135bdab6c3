"""The storage of sessions in PostgreSQL."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, Delete, Select, Update, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.api_gateway_service.domain import NewSession, Session
from services.api_gateway_service.models_db import UserSessionRow
from services.api_gateway_service.protocols import SessionRepository
from services.kit.errors import NotFoundError
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest
from services.kit.postgres.ownership import owned
from services.kit.postgres.rows import page_of, record_of

_NOW = func.clock_timestamp()


class PostgresSessionRepository(SessionRepository):
    """Works in the transaction of the session it is given; times are PostgreSQL's, which all replicas share."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, jti: str) -> Session | None:
        """The session of the token with that id, revoked or not."""
        row = await self._session.scalar(select(UserSessionRow).where(UserSessionRow.jti == jti))
        return None if row is None else _session_of(row)

    async def open(self, new: NewSession) -> Session:
        """The session of the new one's token; whoever comes second waits for the first one's row and reads it."""
        unless_there = insert(UserSessionRow).values(**vars(new)).on_conflict_do_nothing(index_elements=["jti"])
        await self._session.execute(unless_there)
        return _found(await self.find(new.jti))

    async def touch(self, session_id: UUID, after: timedelta) -> bool:
        """Note that the session is used; of those who come at once one does."""
        due = (
            update(UserSessionRow)
            .where(UserSessionRow.session_id == session_id, UserSessionRow.revoked_at.is_(None))
            .where(UserSessionRow.last_activity_at <= _NOW - after)
        )
        return await self._changed(due.values(last_activity_at=_NOW)) == 1

    async def extend(self, session: Session, until: datetime) -> Session:
        """The session; of those who extend it at once the one that goes furthest holds."""
        shorter = update(UserSessionRow).where(
            UserSessionRow.session_id == session.session_id, UserSessionRow.expires_at < until
        )
        await self._changed(shorter.values(expires_at=until))
        return replace(session, expires_at=max(session.expires_at, until))

    async def get(self, caller: Caller, session_id: UUID) -> Session:
        """The session; NotFoundError."""
        row = await self._session.scalar(_one(caller, session_id))
        return _found(None if row is None else _session_of(row))

    async def list_active(self, caller: Caller, user_id: str, page: PageRequest) -> Page[Session]:
        """The user's sessions that can be used; NotFoundError if they are not for the caller to see."""
        caller.refuse_stranger(user_id, "sessions")
        active = select(UserSessionRow).where(
            UserSessionRow.user_id == user_id, UserSessionRow.revoked_at.is_(None), UserSessionRow.expires_at > _NOW
        )
        found = await page_of(self._session, active, UserSessionRow.session_id, page)
        return Page(tuple(map(_session_of, found.items)), found.next_cursor)

    async def revoke(self, caller: Caller, session_id: UUID) -> bool:
        """End the session; of those who come at once one does."""
        await self.get(caller, session_id)
        ended = update(UserSessionRow).where(
            UserSessionRow.session_id == session_id, UserSessionRow.revoked_at.is_(None)
        )
        return await self._changed(ended.values(revoked_at=_NOW)) == 1

    async def revoke_all(self, caller: Caller, user_id: str) -> int:
        """End every session of the user; NotFoundError if they are not for the caller to end.

        Expired ones too, uncounted: as clocks differ, their tokens may still be let in for some seconds.
        """
        caller.refuse_stranger(user_id, "sessions")
        open_ones = update(UserSessionRow).where(UserSessionRow.user_id == user_id, UserSessionRow.revoked_at.is_(None))
        ended = open_ones.values(revoked_at=_NOW).returning(UserSessionRow.expires_at > _NOW)
        return sum(await self._session.scalars(ended, execution_options={"synchronize_session": False}))

    async def delete_expired(self, before: datetime, limit: int) -> int:
        """Remove sessions that expired before that moment, but for those whose row another has locked."""
        due = select(UserSessionRow.session_id).where(UserSessionRow.expires_at < before).limit(limit)
        expired = due.with_for_update(skip_locked=True)
        removed = delete(UserSessionRow).where(UserSessionRow.session_id.in_(expired))
        return await self._changed(removed)

    async def _changed(self, statement: Update | Delete) -> int:
        """How many rows the statement changed."""
        result = await self._session.execute(statement, execution_options={"synchronize_session": False})
        return result.rowcount if isinstance(result, CursorResult) else 0


def _one(caller: Caller, session_id: UUID) -> Select[UserSessionRow]:
    one = select(UserSessionRow).where(UserSessionRow.session_id == session_id)
    return owned(one, UserSessionRow.user_id, caller)


def _found(session: Session | None) -> Session:
    if session is None:
        raise NotFoundError("there is no such session")
    return session


def _session_of(row: UserSessionRow) -> Session:
    # The driver has addresses of its own kind.
    return replace(record_of(Session, row), ip=None if row.ip is None else str(row.ip))
