"""The workload's table from end to end: published by PostgreSQL, and stored by ClickHouse under names of services."""

from collections.abc import Sequence

from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.model import ServiceCatalog
from cdc.clickhouse import client
from migrations.clickhouse import upgrade
from tests.bench import workload
from tests.bench.parts import Parts


def prepare(parts: Parts, catalogs: Sequence[ServiceCatalog] = ()) -> None:
    """Make PostgreSQL's one table, and ClickHouse's of each catalog, the workload's own by default."""
    with client(parts.clickhouse_url) as opened:
        upgrade(opened, wanted_objects(catalogs or [workload.catalog()], durable=True))
    workload.prepare(parts.server.dsn())


def empty(parts: Parts, catalog: ServiceCatalog) -> None:
    """Let a way begin with nothing in ClickHouse."""
    [table] = catalog.tables
    with client(parts.clickhouse_url) as opened:
        for stored in (table.history, table.latest):
            opened.command(f"TRUNCATE TABLE {stored}")
