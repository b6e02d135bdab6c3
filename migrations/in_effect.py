"""ClickHouse brought to the catalog in effect: what the models declare, and what a running capture recorded of it."""

import time
from collections.abc import Iterable, Sequence
from functools import partial

from clickhouse_connect.driver import Client

from cdc.catalog import recorded
from cdc.catalog.clickhouse_object import ClickHouseObject
from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.declared import all_catalogs
from cdc.catalog.in_effect import catalog_in_effect, shape_row
from cdc.catalog.model import ServiceCatalog
from migrations import clickhouse

_TRIES, _WAIT_SECONDS = 5, 1.0


def catalogs_in_effect(client: Client, declared: Iterable[ServiceCatalog]) -> tuple[ServiceCatalog, ...]:
    """What the models declare, with what capture recorded of columns that came, went or changed."""
    return recorded.in_effect(partial(_rows, client), declared)


def everything(client: Client) -> tuple[ServiceCatalog, ...]:
    """What the models declare and what was adopted: the objects of both follow the code."""
    return (*all_catalogs(), *recorded.recorded_adoptions(partial(_rows, client), released=True))


def announce(client: Client, declared: Iterable[ServiceCatalog]) -> None:
    """Record columns that models declare and that are not captured yet; to be done before a database gets them.

    A running capture may have older models. It would make a column by PostgreSQL's type alone, which can be another one
    than the models' in ClickHouse: it looks here first.
    """
    shapes = recorded.recorded_shapes(partial(_rows, client))
    for catalog in declared:
        for table in catalog_in_effect(catalog, shapes).tables:
            shape = shapes.get((table.service, table.name))
            if shape is not None and len(table.stored_columns) > len((*shape.columns, *shape.former)):
                row = shape_row(table, shape.position, "")
                client.insert("cdc.shapes", [list(row.values())], column_names=list(row), settings={"async_insert": 0})


def upgrade(client: Client, declared: Sequence[ServiceCatalog], *, durable: bool) -> tuple[clickhouse.ObjectState, ...]:
    """Bring ClickHouse to what is in effect; what was not there before. SchemaConflictError where no step leads there.

    A conflict may be a capture that is about to record what it has just made, and pass by itself.
    """
    announce(client, declared)
    for _ in range(_TRIES - 1):
        try:
            return clickhouse.upgrade(client, wanted(client, declared, durable=durable))
        except clickhouse.SchemaConflictError:
            time.sleep(_WAIT_SECONDS)
    return clickhouse.upgrade(client, wanted(client, declared, durable=durable))


def wanted(client: Client, declared: Sequence[ServiceCatalog], *, durable: bool) -> tuple[ClickHouseObject, ...]:
    """ClickHouse's objects as they are in effect."""
    return wanted_objects(catalogs_in_effect(client, declared), durable=durable)


def _rows(client: Client, query: str) -> recorded.Rows:
    return client.query(query).result_rows
