"""Rows leave as records, a page at a time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.file_service.models_db import FileRow
from services.file_service.tests.stored_files import new_file, opened
from services.kit.paging import PageRequest
from services.kit.postgres.actor import Actor
from services.kit.postgres.rows import record_of, records_page
from tests.support.postgres import CreateDatabase

ID = UUID(int=1)


@dataclass(frozen=True)
class Named:
    """What of a file's row the tests look at."""

    file_id: UUID
    filename: str


@pytest.fixture(name="session")
async def _session(service_database: CreateDatabase) -> AsyncIterator[AsyncSession]:
    database = opened(service_database("file").app_url)
    async with database.transaction(Actor()) as session:
        yield session
    await database.close()


def test_a_record_takes_each_field_from_the_column_of_its_name() -> None:
    row = FileRow(**vars(new_file(file_id=ID, filename="a")))
    assert record_of(Named, row) == Named(ID, "a")


def test_what_is_no_dataclass_is_no_record() -> None:
    with pytest.raises(TypeError, match="str is no dataclass"):
        record_of(str, FileRow(**vars(new_file())))


async def test_pages_of_records_follow_one_another_until_none_is_left(session: AsyncSession) -> None:
    for number in range(1, 6):
        session.add(FileRow(**vars(new_file(file_id=UUID(int=number), filename=str(number)))))
        await session.flush()
    pages, cursor = [], None
    for _ in range(3):
        page = await records_page(session, select(FileRow), FileRow.file_id, PageRequest.of(2, cursor), Named)
        pages.append([record.filename for record in page.items])
        cursor = page.next_cursor
        assert all(isinstance(record, Named) for record in page.items)
    assert pages == [["1", "2"], ["3", "4"], ["5"]]
    assert cursor is None
