"""Rows that are copied belong to the session's transaction and are announced, counted and explained as others are."""

from collections.abc import AsyncIterator
from dataclasses import astuple, fields
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.file_service.domain import NewFile
from services.file_service.models_db import Base
from services.file_service.tests.stored_files import new_file, opened
from services.kit.errors import ConflictError, ServiceUnavailableError, ValidationFailedError
from services.kit.postgres.actor import Actor
from services.kit.postgres.copying import copy_rows
from services.kit.postgres.database import Database
from services.kit.postgres.errors import broken_constraint
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase
from tests.support.sql import HANG_UP, run

COLUMNS = tuple(field.name for field in fields(NewFile))
COPIES = {"service": "file", "operation": "copy", "table": "files"}


@pytest.fixture(name="place")
def _place(service_database: CreateDatabase) -> ServiceDatabase:
    return service_database("file")


@pytest.fixture(name="database")
async def _database(place: ServiceDatabase) -> AsyncIterator[Database]:
    database = opened(place.app_url)
    yield database
    await database.close()


async def copy_files(session: AsyncSession, *files: NewFile) -> None:
    await copy_rows(session, Base.metadata.tables["files"], COLUMNS, [astuple(file) for file in files])


def stored(place: ServiceDatabase) -> list[tuple[Any, ...]]:
    return run(place.superuser_dsn, "SELECT filename FROM files ORDER BY filename")


def copies(outcome: str) -> tuple[float, float]:
    labels = {**COPIES, "outcome": outcome}
    names = ("db_queries_total", "db_query_duration_seconds_count")
    counted, timed = (REGISTRY.get_sample_value(name, labels) for name in names)
    return counted or 0.0, timed or 0.0


async def test_rows_are_stored_once_committed(database: Database, place: ServiceDatabase) -> None:
    async with database.transaction(Actor()) as session:
        await copy_files(session, new_file(filename="a"), new_file(filename="ö\t\n"))
        assert stored(place) == []
    assert stored(place) == [("a",), ("ö\t\n",)]


async def test_a_transaction_that_fails_takes_its_copied_rows_along(database: Database, place: ServiceDatabase) -> None:
    with pytest.raises(RuntimeError):
        await _copy_and_fail(database)
    assert stored(place) == []


async def test_the_actor_is_announced_in_the_transaction_of_the_copy(
    database: Database, place: ServiceDatabase
) -> None:
    run(place.superuser_dsn, "SELECT pg_create_logical_replication_slot('watch', 'test_decoding')")
    async with database.transaction(Actor("teacher-1")) as session:
        await copy_files(session, new_file())
    said = run(place.superuser_dsn, "SELECT data FROM pg_logical_slot_get_changes('watch', NULL, NULL)")
    begin, actor, change, commit = (str(line) for (line,) in said)
    assert begin.split()[1] == commit.split()[1]
    assert "teacher-1" in actor
    assert "INSERT" in change


async def test_copies_are_counted_and_timed_by_their_table_and_outcome(database: Database) -> None:
    done, failed = copies("ok"), copies("error")
    file = new_file()
    async with database.transaction(Actor()) as session:
        await copy_files(session, file)
    with pytest.raises(ConflictError):
        await _copied(database, file)
    assert copies("ok") == (done[0] + 1, done[1] + 1)
    assert copies("error") == (failed[0] + 1, failed[1] + 1)


async def test_errors_mean_what_they_mean_elsewhere(database: Database, place: ServiceDatabase) -> None:
    file = new_file()
    await _copied(database, file)
    with pytest.raises(ConflictError) as taken:
        await _copied(database, new_file(), file)
    assert broken_constraint(taken.value) == "pk_files"
    with pytest.raises(ValidationFailedError):
        await _copied(database, new_file(), new_file(filename="a\0b"))
    with pytest.raises(ValidationFailedError):
        await _copied(database, new_file(), new_file(filename="a" * 256))
    for unsendable in ("\ud800", 7):
        with pytest.raises(ValidationFailedError):
            await _copied(database, new_file(), new_file(filename=unsendable))
    assert len(stored(place)) == 1


async def test_a_connection_that_is_lost_is_an_outage_and_the_next_copy_gets_another(
    database: Database, place: ServiceDatabase
) -> None:
    with pytest.raises(ServiceUnavailableError):
        await _copy_over_a_lost_connection(database, place)
    await _copied(database, new_file())
    assert len(stored(place)) == 1


async def _copied(database: Database, *files: NewFile) -> None:
    async with database.transaction(Actor()) as session:
        await copy_files(session, *files)


async def _copy_and_fail(database: Database) -> None:
    async with database.transaction(Actor()) as session:
        await copy_files(session, new_file())
        raise RuntimeError


async def _copy_over_a_lost_connection(database: Database, place: ServiceDatabase) -> None:
    async with database.transaction(Actor()) as session:
        await session.execute(text("SELECT 1"))
        run(place.superuser_dsn, HANG_UP)
        await copy_files(session, new_file())
