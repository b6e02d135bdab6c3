"""A unit of work ends with the error that ended it, whatever becomes of its rollback."""

import asyncio

import pytest
import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from services.kit.errors import ConflictError, ServiceUnavailableError
from services.kit.postgres.unit_of_work import UnitOfWork


class LostSession(AsyncSession):
    """A session whose connection is lost by the time its transaction is to end."""

    async def commit(self) -> None:
        raise OperationalError("COMMIT", {}, Exception("lost"), connection_invalidated=True)

    async def rollback(self) -> None:
        raise OperationalError("ROLLBACK", {}, Exception("lost"), connection_invalidated=True)


@pytest.mark.parametrize("error", [ConflictError("taken"), asyncio.CancelledError(), ZeroDivisionError()])
async def test_an_error_leaves_as_it_is_though_the_rollback_fails(error: BaseException) -> None:
    with structlog.testing.capture_logs() as logged, pytest.raises(type(error)) as left:
        async with UnitOfWork(LostSession()):
            raise error
    assert left.value is error
    assert [entry["event"] for entry in logged] == ["rollback_failed"]


async def test_an_error_of_the_database_leaves_as_what_it_means_though_the_rollback_fails() -> None:
    lost = OperationalError("SELECT", {}, Exception("lost"), connection_invalidated=True)
    with pytest.raises(ServiceUnavailableError) as left:
        async with UnitOfWork(LostSession()):
            raise lost
    assert left.value.__cause__ is lost


async def test_what_a_failed_commit_means_is_told_though_the_rollback_fails() -> None:
    with structlog.testing.capture_logs() as logged, pytest.raises(ServiceUnavailableError) as left:
        async with UnitOfWork(LostSession()):
            pass
    assert "COMMIT" in str(left.value.__cause__)
    assert [entry["event"] for entry in logged] == ["rollback_failed"]
