"""ClickHouse's side of a table's shape: its objects extended, the shape recorded, what was stored under a name."""

from collections.abc import Iterable
from functools import partial

from clickhouse_connect.driver import Client

from cdc.catalog import recorded
from cdc.catalog.clickhouse_schema import objects_of, storage_settings
from cdc.catalog.in_effect import RecordedShapes, shape_row
from cdc.catalog.model import CapturedTable, CatalogError, ServiceCatalog
from cdc.catalog.shape_sql import was_any_filled
from cdc.clickhouse import insert_row, rows_of
from migrations.clickhouse import SchemaConflictError, State, compare, is_durable, upgrade

_BEHIND = frozenset({State.MISSING, State.OUTDATED})


def recorded_shapes(client: Client) -> RecordedShapes:
    """The newest shape of each table, as it was recorded."""
    return recorded.recorded_shapes(partial(rows_of, client))


def in_effect(client: Client, declared: Iterable[ServiceCatalog]) -> tuple[ServiceCatalog, ...]:
    """The catalogs as every command uses them: what is declared, and what was recorded of it."""
    return recorded.in_effect(partial(rows_of, client), declared)


def record_shape(client: Client, table: CapturedTable, position: int, change: str) -> None:
    """Say what a table is from a position of its service's stream on, and what became of it."""
    insert_row(client, "cdc.shapes", shape_row(table, position, change))


def extend(client: Client, *tables: CapturedTable) -> None:
    """Bring tables' objects to what they are, as `migrations upgrade` would, but for what was changed by hand alone.

    CatalogError where no step leads there.
    """
    try:
        settings = storage_settings(durable=is_durable(client))
        found = compare(client, [each for table in tables for each in objects_of(table, settings)])
        upgrade(client, [each.wanted for each in found if each.state in _BEHIND])
    except SchemaConflictError as error:
        raise CatalogError(f"ClickHouse cannot follow PostgreSQL's columns: {error}") from error


def holds_values(client: Client, table: CapturedTable, names: Iterable[str]) -> bool:
    """Whether anything was ever stored in one of these columns."""
    wanted = list(names)
    return bool(wanted) and bool(rows_of(client, was_any_filled(table, wanted))[0][0])
