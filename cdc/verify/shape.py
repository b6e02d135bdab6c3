"""A table as PostgreSQL and ClickHouse both have it by now: only then can its rows be compared."""

import time

from clickhouse_connect.driver import Client

from cdc.catalog.in_effect import catalog_in_effect
from cdc.catalog.model import CapturedTable, ServiceCatalog
from cdc.catalog.shape import change_between, reshaped
from cdc.postgres import session
from cdc.shapes.in_clickhouse import recorded_shapes
from cdc.shapes.in_postgres import ShapeInPostgres, shapes_in_postgres
from cdc.verify.caught_up import NotCaughtUpError

_POLL_SECONDS = 0.2


def in_one_shape(table: CapturedTable, database_url: str, client: Client, timeout_seconds: float) -> CapturedTable:
    """The table in effect, once capture has followed PostgreSQL's columns; NotCaughtUpError if that takes too long."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        recorded = recorded_shapes(client)
        if (table.service, table.name) not in recorded:
            # Nothing was captured with a version that records shapes; what else is said of it will do.
            return table
        [known] = catalog_in_effect(ServiceCatalog(table.service, (table,)), recorded).tables
        with session(database_url) as connection:
            found = shapes_in_postgres(connection).get(table.sent_as)
        difference = _difference(known, found)
        if not difference:
            return known
        if time.monotonic() > deadline:
            raise NotCaughtUpError(f"{table}: {difference}")
        time.sleep(_POLL_SECONDS)


def _difference(known: CapturedTable, found: ShapeInPostgres | None) -> str:
    if found is None:
        return "PostgreSQL does not publish it; run `python -m migrations upgrade`"
    change = change_between(known, reshaped(known, found.columns))
    if change:
        return f"capture has not followed its columns yet ({change}); is `python -m cdc run` running?"
    unreadable = {column.name for column in known.columns} & set(found.unreadable)
    if unreadable:
        return f"capture may not read {', '.join(sorted(unreadable))}; run `python -m migrations upgrade`"
    return ""
