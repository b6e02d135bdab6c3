"""ClickHouse's whole schema as the catalog wants it."""

from collections.abc import Iterable

from cdc.catalog.bookkeeping_ddl import bookkeeping
from cdc.catalog.clickhouse_ddl import table_objects
from cdc.catalog.clickhouse_object import ClickHouseObject, Settings
from cdc.catalog.envelope_bookkeeping import envelope_bookkeeping
from cdc.catalog.envelope_ddl import envelope_objects
from cdc.catalog.model import CapturedTable, ServiceCatalog

# A small part is one file: an insert of one row would otherwise write a dozen, and wait for the disk with each of them.
_ONE_FILE_A_PART: Settings = {"min_bytes_for_full_part_storage": 10 << 20}
# Merged parts are not synced: what they replace stays until the operating system has surely written them.
_DURABLE: Settings = {"fsync_after_insert": 1, "fsync_part_directory": 1, "old_parts_lifetime": 60}


def storage_settings(*, durable: bool) -> Settings:
    """What every stored table's engine is told."""
    return {**_ONE_FILE_A_PART, **(_DURABLE if durable else {})}


def objects_of(table: CapturedTable, settings: Settings) -> tuple[ClickHouseObject, ...]:
    """Every object of one table, in the order of creation."""
    return (*table_objects(table, settings), *envelope_objects(table))


def wanted_objects(catalogs: Iterable[ServiceCatalog], *, durable: bool) -> tuple[ClickHouseObject, ...]:
    """Every object, in the order of creation; `durable` tables answer an insert once it is on disk."""
    settings = storage_settings(durable=durable)
    tables = (table for catalog in catalogs for table in catalog.tables)
    of_tables = (each for table in tables for each in objects_of(table, settings))
    return (*bookkeeping(settings), *envelope_bookkeeping(), *of_tables)
