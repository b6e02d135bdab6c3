"""Callers see rows of their own, admins all."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.file_service.models_db import FileRow
from services.file_service.tests.stored_files import new_file, opened
from services.kit.identity import Caller
from services.kit.postgres.actor import Actor
from services.kit.postgres.ownership import CALLER_ID, owned, owned_as_parameter
from tests.support.callers import HEAD, OWNER, STRANGER
from tests.support.postgres import CreateDatabase


@pytest.fixture(name="session")
async def _session(service_database: CreateDatabase) -> AsyncIterator[AsyncSession]:
    """In which each of the two has a file of their own, and the stranger one that is for everybody."""
    database = opened(service_database("file").app_url)
    async with database.transaction(Actor()) as session:
        for user_id, filename in ((OWNER.user_id, "own"), (STRANGER.user_id, "foreign"), (STRANGER.user_id, "shared")):
            session.add(FileRow(**vars(new_file(user_id=user_id, filename=filename))))
        await session.flush()
        yield session
    await database.close()


async def seen(session: AsyncSession, caller: Caller, or_shared: ColumnElement[bool] | None = None) -> set[str]:
    return set(await session.scalars(owned(select(FileRow.filename), FileRow.user_id, caller, or_shared=or_shared)))


@pytest.mark.parametrize(
    ("caller", "files"),
    [(OWNER, {"own"}), (STRANGER, {"foreign", "shared"}), (HEAD, {"own", "foreign", "shared"}), (Caller(""), set())],
)
async def test_callers_see_their_own_and_admins_all(session: AsyncSession, caller: Caller, files: set[str]) -> None:
    assert await seen(session, caller) == files
    statement = owned_as_parameter(select(FileRow.filename), FileRow.user_id, is_admin=caller.is_admin)
    assert set(await session.scalars(statement, {CALLER_ID: caller.user_id})) == files


async def test_what_is_shared_is_seen_by_everybody(session: AsyncSession) -> None:
    shared = FileRow.filename == "shared"
    assert await seen(session, OWNER, shared) == {"own", "shared"}
    assert await seen(session, HEAD, shared) == {"own", "foreign", "shared"}


async def test_rows_left_out_before_stay_left_out(session: AsyncSession) -> None:
    few = select(FileRow.filename).where(FileRow.filename == "shared")
    assert not set(await session.scalars(owned(few, FileRow.user_id, OWNER)))
    assert set(await session.scalars(owned(few, FileRow.user_id, HEAD))) == {"shared"}
