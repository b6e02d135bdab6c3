"""A database that is away, slow, busy or cut off is an outage in the service's own words, never a wait without end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from deploy.local.ports import LOOPBACK, free_port
from services.file_service.tests.stored_files import Files, opened
from services.kit.errors import ServiceUnavailableError
from services.kit.postgres.actor import Actor
from tests.support.callers import OWNER
from tests.support.service_database import ServiceDatabase

CUT_OFF_OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND usename = current_user AND datname = current_database()"
)


@asynccontextmanager
async def _storage(url: str, **settings: Any) -> AsyncIterator[Files]:
    database = opened(url, **settings)
    try:
        yield Files(database)
    finally:
        await database.close()


async def _read(storage: Files) -> None:
    async with storage.transaction() as files:
        await files.get(OWNER, uuid4())


async def test_nobody_listens() -> None:
    url = f"postgresql+asyncpg://nobody:secret@{LOOPBACK}:{free_port()}/huleedu_file"
    async with _storage(url) as storage:
        with pytest.raises(ServiceUnavailableError) as away:
            await _read(storage)
        with pytest.raises(ServiceUnavailableError):
            await storage.database.ping()
    assert "secret" not in str(away.value)


async def test_somebody_listens_and_never_answers() -> None:
    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        writer.close()

    async with await asyncio.start_server(say_nothing, LOOPBACK, 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        url = f"postgresql+asyncpg://nobody:secret@{LOOPBACK}:{port}/huleedu_file"
        async with _storage(url, database_connect_timeout=0.1) as storage:
            with pytest.raises(ServiceUnavailableError):
                await _read(storage)


async def test_a_password_that_is_wrong_is_not_told_to_callers(file_database: ServiceDatabase) -> None:
    url = file_database.app_url.replace(":test-app@", ":wrong@")
    async with _storage(url) as storage:
        with pytest.raises(ServiceUnavailableError, match=r"^the database does not answer; try again later$"):
            await _read(storage)


async def test_all_connections_are_busy(file_database: ServiceDatabase) -> None:
    limits = {"database_pool_size": 1, "database_pool_timeout": 0.1}
    async with _storage(file_database.app_url, **limits) as storage, storage.transaction() as files:
        await files.referenced_keys([])
        with pytest.raises(ServiceUnavailableError, match="busy"):
            await _read(storage)


async def test_a_statement_takes_too_long(file_database: ServiceDatabase) -> None:
    async with _storage(file_database.app_url, database_statement_timeout=0.1) as storage:
        with pytest.raises(ServiceUnavailableError):
            await _run(storage, "SELECT pg_sleep(60)")


async def test_another_holds_the_row_for_too_long(file_database: ServiceDatabase, storage: Files) -> None:
    file = await storage.stored()
    async with _storage(file_database.app_url, database_lock_timeout=0.1) as hasty, storage.transaction() as files:
        await files.soft_delete(OWNER, file.file_id)
        with pytest.raises(ServiceUnavailableError, match="others are changing it"):
            await _delete(hasty, file.file_id)


async def test_a_connection_that_is_cut_off_ends_its_transaction_and_no_other(storage: Files) -> None:
    file = await storage.stored()
    with pytest.raises(ServiceUnavailableError):
        await _delete_and_lose_the_connection(storage, file.file_id)
    async with storage.transaction() as files:
        assert await files.get(OWNER, file.file_id) == file


async def test_connections_that_were_cut_off_while_idle_are_replaced_unnoticed(storage: Files) -> None:
    file = await storage.stored()
    await _cut_off_others(storage)
    async with storage.transaction() as files:
        assert await files.get(OWNER, file.file_id) == file


async def test_the_database_answers_a_ping(storage: Files) -> None:
    await storage.database.ping()


async def _run(storage: Files, statement: str) -> None:
    async with storage.database.transaction(Actor()) as session:
        await session.execute(text(statement))


async def _delete(storage: Files, file_id: Any) -> None:
    async with storage.transaction() as files:
        await files.soft_delete(OWNER, file_id)


async def _delete_and_lose_the_connection(storage: Files, file_id: Any) -> None:
    async with storage.transaction() as files:
        await files.soft_delete(OWNER, file_id)
        await _cut_off_others(storage)
        await files.get(OWNER, file_id)


async def _cut_off_others(storage: Files) -> None:
    async with storage.database.session(Actor()) as session:
        await session.execute(text(CUT_OFF_OTHERS))
