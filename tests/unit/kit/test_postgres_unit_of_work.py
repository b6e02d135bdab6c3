"""A unit of work ends with the error that ended it, whatever becomes of its rollback."""

import asyncio

import pytest
import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from services.kit.errors import ConflictError, ServiceUnavailableError
from services.kit.postgres.unit_of_work import UnitOfWork


@pytest.fixture(name="lost_session")
def _lost_session(monkeypatch: pytest.MonkeyPatch) -> AsyncSession:
    """A session whose connection is lost by the time its transaction is to end."""

    async def commit(_: AsyncSession) -> None:
        raise OperationalError("COMMIT", {}, Exception("lost"), connection_invalidated=True)

    async def rollback(_: AsyncSession) -> None:
        raise OperationalError("ROLLBACK", {}, Exception("lost"), connection_invalidated=True)

    monkeypatch.setattr(AsyncSession, "commit", commit)
    monkeypatch.setattr(AsyncSession, "rollback", rollback)
    return AsyncSession()


@pytest.mark.parametrize("error", [ConflictError("taken"), asyncio.CancelledError(), ZeroDivisionError()])
async def test_an_error_leaves_as_it_is_though_the_rollback_fails(
    lost_session: AsyncSession, error: BaseException
) -> None:
    with structlog.testing.capture_logs() as logged, pytest.raises(type(error)) as left:
        async with UnitOfWork(lost_session):
            raise error
    assert left.value is error
    assert [entry["event"] for entry in logged] == ["rollback_failed"]


async def test_an_error_of_the_database_leaves_as_what_it_means_though_the_rollback_fails(
    lost_session: AsyncSession,
) -> None:
    lost = OperationalError("SELECT", {}, Exception("lost"), connection_invalidated=True)
    with pytest.raises(ServiceUnavailableError) as left:
        async with UnitOfWork(lost_session):
            raise lost
    assert left.value.__cause__ is lost


async def test_what_a_failed_commit_means_is_told_though_the_rollback_fails(lost_session: AsyncSession) -> None:
    with structlog.testing.capture_logs() as logged, pytest.raises(ServiceUnavailableError) as left:
        async with UnitOfWork(lost_session):
            pass
    assert "COMMIT" in str(left.value.__cause__)
    assert [entry["event"] for entry in logged] == ["rollback_failed"]
