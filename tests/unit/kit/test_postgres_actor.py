"""A writing transaction names its actor once, before its first change; a reading one costs nothing."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from services.file_service.file_repository_postgres_impl import PostgresFileRepository
from services.file_service.models_db import FileRow
from services.file_service.tests.stored_files import new_file, new_version, opened
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from tests.support.callers import OWNER
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run

ACTOR = Actor("teacher-1", UUID(int=7), "POST /files", "a räson")
MESSAGE = (
    '{"correlation_id":"00000000-0000-0000-0000-000000000007",'
    '"reason":"a räson","route":"POST /files","user_id":"teacher-1"}'
)
NO_XID = select(func.pg_current_xact_id_if_assigned().is_(None))


class Wal:
    """What a replication slot has to say of the database since the last look."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._dsn = database.superuser_dsn
        run(self._dsn, "CREATE PUBLICATION everything FOR ALL TABLES")
        run(self._dsn, "SELECT pg_create_logical_replication_slot('watch', 'pgoutput')")

    def letters(self) -> str:
        """The kinds of the messages in order: B(egin), M(essage), I(nsert), U(pdate), D(elete), C(ommit)."""
        return "".join(kind for kind, _ in self.messages() if kind in "BMIUDC")

    def messages(self) -> list[tuple[str, bytes]]:
        """Each message's kind and bytes."""
        rows = run(
            self._dsn,
            "SELECT data FROM pg_logical_slot_get_binary_changes('watch', NULL, NULL,"
            " 'proto_version', '1', 'publication_names', 'everything', 'messages', 'true')",
        )
        contents = [bytes(data) for (data,) in rows if isinstance(data, memoryview)]
        return [(chr(content[0]), content) for content in contents]


@pytest.fixture(name="place")
def _place(service_database: CreateDatabase) -> ServiceDatabase:
    return service_database("file")


@pytest.fixture(name="database")
async def _database(place: ServiceDatabase) -> AsyncIterator[Database]:
    database = opened(place.app_url)
    yield database
    await database.close()


@pytest.fixture(name="wal")
def _wal(place: ServiceDatabase) -> Wal:
    return Wal(place)


def _row() -> dict[str, object]:
    return vars(new_file())


async def test_the_actor_comes_once_and_before_the_first_change(database: Database, wal: Wal) -> None:
    async with database.transaction(ACTOR) as session:
        files = PostgresFileRepository(session)
        file = await files.create(new_file(), new_version())
        await files.add_version(OWNER, file.file_id, new_version())
    messages = wal.messages()
    assert "".join(kind for kind, _ in messages if kind in "BMIUDC") == "BMIIUIC"
    (message,) = [data for kind, data in messages if kind == "M"]
    assert b"huleedu.actor\0" in message
    assert message.endswith(MESSAGE.encode())


async def test_each_transaction_of_a_session_names_the_actor(database: Database, wal: Wal) -> None:
    async with database.session(ACTOR) as session:
        for _ in range(2):
            await session.execute(insert(FileRow).values(_row()))
            await session.commit()
    assert wal.letters() == "BMICBMIC"


async def test_bulk_statements_and_plain_text_do_not_get_past(database: Database, wal: Wal) -> None:
    writes = (
        insert(FileRow).values(_row()),
        update(FileRow).values(filename="b.txt"),
        text("UPDATE files SET filename = 'c.txt'"),
        text("WITH gone AS (DELETE FROM files RETURNING 1) SELECT count(*) FROM gone"),
    )
    for write in writes:
        async with database.transaction(ACTOR) as session:
            await session.execute(write)
    assert wal.letters() == "BMICBMUCBMUCBMDC"


async def test_many_rows_in_one_call_are_named_once(database: Database, wal: Wal) -> None:
    async with database.transaction(ACTOR) as session:
        await session.execute(insert(FileRow), [_row(), _row()])
        await session.execute(delete(FileRow))
    assert wal.letters() == "BMIIDDC"


async def test_reading_assigns_no_transaction_id(database: Database, wal: Wal) -> None:
    async with database.transaction(ACTOR) as session:
        await session.execute(select(FileRow))
        assert await session.scalar(NO_XID)
    assert wal.letters() == ""


async def test_a_lock_alone_names_nobody(database: Database, wal: Wal) -> None:
    async with database.transaction(ACTOR) as session:
        await session.execute(select(FileRow).with_for_update())
        await session.execute(select(FileRow).with_for_update(key_share=True))
    assert "M" not in wal.letters()


async def test_a_rolled_back_transaction_leaves_nothing_behind_for_the_next(database: Database, wal: Wal) -> None:
    async with database.session(ACTOR) as session:
        await session.execute(insert(FileRow).values(_row()))
        await session.rollback()
        await session.execute(insert(FileRow).values(_row()))
        await session.commit()
    assert wal.letters() == "BMIC"


async def test_a_savepoint_that_takes_the_message_along_has_it_sent_again(database: Database, wal: Wal) -> None:
    async with database.transaction(ACTOR) as session:
        async with session.begin_nested() as outer:
            async with session.begin_nested():
                await session.execute(insert(FileRow).values(_row()))
            await outer.rollback()
        await session.execute(insert(FileRow).values(_row()))
    assert wal.letters() == "BMIC"


async def test_a_savepoint_after_the_message_does_not_send_it_twice(database: Database, wal: Wal) -> None:
    async with database.transaction(ACTOR) as session:
        await session.execute(insert(FileRow).values(_row()))
        async with session.begin_nested() as savepoint:
            await session.execute(insert(FileRow).values(_row()))
            await savepoint.rollback()
        await session.execute(insert(FileRow).values(_row()))
    assert wal.letters() == "BMIIC"


async def test_a_connection_used_again_does_not_speak_for_the_last_user(database: Database, wal: Wal) -> None:
    async with database.transaction(ACTOR) as session:
        await session.execute(select(FileRow))
    async with database.engine.begin() as connection:
        await connection.execute(insert(FileRow).values(_row()))
    assert wal.letters() == "BIC"


@pytest.mark.parametrize(
    ("actor", "message"),
    [
        (Actor(), {}),
        (Actor(route="job:purge"), {"route": "job:purge"}),
        (Actor("u", reason=""), {"reason": "", "user_id": "u"}),
    ],
)
def test_what_is_not_known_is_left_out(actor: Actor, message: dict[str, str]) -> None:
    assert json.loads(actor.message()) == message
