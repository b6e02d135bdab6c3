"""Rows on their way out: as the domain's own records, and a page at a time."""

import dataclasses
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

from services.kit.paging import Page, PageRequest, Position

Record = TypeVar("Record")
Row = TypeVar("Row", bound=DeclarativeBase)
RowId = InstrumentedAttribute[UUID] | InstrumentedAttribute[str]


def record_of(kind: type[Record], row: DeclarativeBase) -> Record:
    """The row as a dataclass, each field from the column of the same name."""
    if not dataclasses.is_dataclass(kind):
        raise TypeError(f"{kind.__name__} is no dataclass")
    values: dict[str, Any] = {field.name: getattr(row, field.name) for field in dataclasses.fields(kind)}
    return kind(**values)


async def page_of(session: AsyncSession, rows: Select[Row], row_id: RowId, page: PageRequest) -> Page[Row]:
    """One page of the selected rows in the order (created_at, row_id), each row read once however many are added.

    row_id: a column of UUIDs, or of texts that are 32 hex characters each.
    """
    created_at: InstrumentedAttribute[datetime] = row_id.class_.created_at
    if page.after is not None:
        after = page.after.row_id.hex if row_id.type.python_type is str else page.after.row_id
        rows = rows.where(tuple_(created_at, row_id) > (page.after.created_at, after))
    found = (await session.scalars(rows.order_by(created_at, row_id).limit(page.limit + 1))).all()
    shown = tuple(found[: page.limit])
    if len(found) == len(shown):
        return Page(shown, None)
    last = shown[-1]
    return Page(shown, Position(getattr(last, created_at.key), UUID(str(getattr(last, row_id.key)))).cursor())


async def records_page(
    session: AsyncSession, rows: Select[Any], row_id: RowId, page: PageRequest, kind: type[Record]
) -> Page[Record]:
    """What `page_of` finds, each row as a dataclass."""
    found = await page_of(session, rows, row_id, page)
    return Page(tuple(record_of(kind, row) for row in found.items), found.next_cursor)
