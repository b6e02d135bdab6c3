"""Queries are counted and timed once each, under labels that stay few; the pool shows how full it is."""

from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.file_service.file_repository_postgres_impl import PostgresFileRepository
from services.file_service.tests.stored_files import new_file, new_version, opened
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from tests.support.postgres import CreateDatabase


@pytest.fixture(name="database")
async def _database(service_database: CreateDatabase) -> AsyncIterator[Database]:
    database = opened(service_database("file").app_url)
    yield database
    await database.close()


def _value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"service": "file", **labels}) or 0.0


def _both(operation: str, table: str, outcome: str) -> tuple[float, float]:
    labels = {"operation": operation, "table": table, "outcome": outcome}
    return _value("db_queries_total", **labels), _value("db_query_duration_seconds_count", **labels)


async def test_each_query_is_counted_and_timed_by_what_it_did(database: Database) -> None:
    kinds = [("insert", "files", "ok"), ("insert", "file_versions", "ok"), ("select", "other", "ok")]
    before = [_both(*kind) for kind in kinds]
    async with database.transaction(Actor()) as session:
        await PostgresFileRepository(session).create(new_file(), new_version())
    assert [_both(*kind) for kind in kinds] == [(total + 1, timed + 1) for total, timed in before]


async def test_a_query_that_fails_counts_as_an_error(database: Database) -> None:
    failed, worked = _both("update", "files", "error"), _both("update", "files", "ok")
    async with database.engine.connect() as connection:
        with pytest.raises(DBAPIError):
            await connection.execute(text("UPDATE files SET status = 'lost', nothing = 1"))
    assert _both("update", "files", "error") == (failed[0] + 1, failed[1] + 1)
    assert _both("update", "files", "ok") == worked


async def test_a_table_that_the_service_does_not_have_is_no_label(database: Database) -> None:
    before = _both("select", "other", "ok")
    async with database.engine.connect() as connection:
        await connection.execute(text("SELECT relname FROM pg_class LIMIT 1"))
    assert _both("select", "other", "ok") == (before[0] + 1, before[1] + 1)
    assert _both("select", "pg_class", "ok") == (0, 0)


async def test_the_pool_shows_connections_in_use_and_idle(database: Database) -> None:
    async with database.engine.connect():
        assert _value("db_pool_connections", state="in_use") == 1
    assert _value("db_pool_connections", state="in_use") == 0
    assert _value("db_pool_connections", state="idle") == 1
    assert _value("db_pool_connections_limit") == 10
