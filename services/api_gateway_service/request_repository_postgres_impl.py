"""The storage of requests in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from operator import attrgetter

from sqlalchemy import ColumnElement, Select, Table, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.api_gateway_service.domain import RequestFilter, RequestRecord
from services.api_gateway_service.models_db import ApiRequestRow, Base
from services.api_gateway_service.protocols import RequestRepository
from services.kit.paging import Page, PageRequest, Position
from services.kit.postgres.copying import copy_rows
from services.kit.postgres.rows import record_of

_TABLE: Table = Base.metadata.tables[ApiRequestRow.__tablename__]
_COLUMNS = tuple(field.name for field in fields(RequestRecord))
_values_of = attrgetter(*_COLUMNS)


class PostgresRequestRepository(RequestRepository):
    """Works in the transaction of the session it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def append(self, records: Sequence[RequestRecord]) -> None:
        """Store new records by one COPY; ConflictError if one is there already."""
        await copy_rows(self._session, _TABLE, _COLUMNS, [_values_of(record) for record in records])

    async def append_missing(self, records: Sequence[RequestRecord]) -> None:
        """Store those of the records that are not there yet, waiting for whoever is just storing one of them."""
        rows = [dict(zip(_COLUMNS, _values_of(record), strict=True)) for record in records]
        await self._session.execute(insert(_TABLE).on_conflict_do_nothing(), rows)

    async def page(self, wanted: RequestFilter, page: PageRequest) -> Page[RequestRecord]:
        """The requests that the filter lets through, newest first."""
        requests = _filtered(select(ApiRequestRow), wanted)
        if page.after is not None:
            place = tuple_(ApiRequestRow.requested_at, ApiRequestRow.request_id)
            # The first condition follows from the second, but from the first alone PostgreSQL knows which days to skip.
            requests = requests.where(ApiRequestRow.requested_at <= page.after.created_at)
            requests = requests.where(place < (page.after.created_at, page.after.row_id))
        newest_first = requests.order_by(ApiRequestRow.requested_at.desc(), ApiRequestRow.request_id.desc())
        found = (await self._session.scalars(newest_first.limit(page.limit + 1))).all()
        shown = tuple(record_of(RequestRecord, row) for row in found[: page.limit])
        is_last = len(found) == len(shown)
        return Page(shown, None if is_last else Position(shown[-1].requested_at, shown[-1].request_id).cursor())

    async def create_partitions(self, first: date, last: date) -> int:
        """Make what days from `first` to `last` lack."""
        return await self._call(func.create_api_request_partitions(first, last))

    async def drop_partitions(self, before: date) -> int:
        """Drop the days before that one; ServiceUnavailableError while somebody reads them for longer than seconds."""
        return await self._call(func.drop_api_request_partitions(before))

    async def _call(self, function: ColumnElement[int]) -> int:
        done: int = (await self._session.scalars(select(function))).one()
        return done


def _filtered(requests: Select[ApiRequestRow], wanted: RequestFilter) -> Select[ApiRequestRow]:
    if wanted.since is not None:
        requests = requests.where(ApiRequestRow.requested_at >= wanted.since)
    if wanted.until is not None:
        requests = requests.where(ApiRequestRow.requested_at < wanted.until)
    if wanted.status_class is not None:
        lowest = 100 * wanted.status_class
        requests = requests.where(ApiRequestRow.status >= lowest, ApiRequestRow.status < lowest + 100)
    asked = {"route": wanted.route, "user_id": wanted.user_id, "upstream": wanted.upstream}
    return requests.filter_by(**{name: value for name, value in asked.items() if value is not None})
