"""The boundary of a transaction: repositories share its session and never commit."""

from types import TracebackType
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from services.kit.postgres.errors import database_errors, meaning_of

log = structlog.get_logger(__name__)


class UnitOfWork:
    """`async with unit_of_work:` commits at its end, or rolls back what an error leaves undone.

    One after the other may run on the same session, each a transaction. Errors of the database leave it as the domain
    errors that they mean. Nothing else that can fail like a network belongs inside: it would pass for the database.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            await self._roll_back()
            meaning = meaning_of(error)
            if meaning is not None:
                raise meaning from error
            return
        with database_errors():
            await self._commit()

    async def _commit(self) -> None:
        try:
            await self._session.commit()
        except BaseException:
            await self._roll_back()
            raise

    async def _roll_back(self) -> None:
        """Whatever keeps it from rolling back, the error on its way out says more of what happened."""
        try:
            await self._session.rollback()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("rollback_failed", exc_info=error)
