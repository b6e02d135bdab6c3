"""A third service: one table, partitioned by day, whose partitions come and go."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from clickhouse_connect.driver import Client
from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text

from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.declared import catalog_of_metadata
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.partition_truncates import create_trigger
from cdc.catalog.postgres_ddl import replica_identity
from migrations import capture as capture_migration
from migrations.clickhouse import upgrade
from services.kit.capture import Capture as Declaration
from tests.pipeline.capture import Capture
from tests.support.service_database import ServiceDatabase

TABLE = (
    "CREATE TABLE visits (at timestamptz, number bigint, who text, PRIMARY KEY (at, number)) PARTITION BY RANGE (at)"
)
FIRST_DAY = datetime(2026, 3, 28, tzinfo=UTC)
DAYS = range(4)


def visits_catalog(retain: timedelta | None = None) -> ServiceCatalog:
    metadata = MetaData()
    columns: list[Column[object]] = [
        Column("at", DateTime(timezone=True), primary_key=True),
        Column("number", BigInteger, primary_key=True),
        Column("who", Text),
    ]
    Table("visits", metadata, *columns, info=Declaration(retain=retain).info())
    return catalog_of_metadata("museum", metadata)


@contextmanager
def captured_museum(database: ServiceDatabase, clickhouse_url: str, clickhouse: Client) -> Iterator[Capture]:
    """The table with a partition for each of the days, captured, and empty; ClickHouse forgets it at the end."""
    catalog = visits_catalog()
    upgrade(clickhouse, wanted_objects([catalog], durable=False))
    capture = Capture(database, catalog, clickhouse_url, clickhouse)
    capture.write(TABLE, *(new_day(day, whole=False) for day in DAYS))
    capture_migration.upgrade(database.service, catalog, database.migrator_url)
    try:
        yield capture
    finally:
        for name in ("museum", "museum_store"):
            clickhouse.command(f"DROP DATABASE {name} SYNC")


def new_day(day: int, *, whole: bool = True) -> str:
    """The statements that add a day's partition; one that lacks what capture needs of it if not `whole`."""
    first, end = (f"{FIRST_DAY + timedelta(days=each):%Y-%m-%d 00:00}" for each in (day, day + 1))
    partition = f"visits_{day}"
    needed = f"; {replica_identity(partition)}; {create_trigger(partition)}" if whole else ""
    return f"CREATE TABLE {partition} PARTITION OF visits FOR VALUES FROM ('{first}+00') TO ('{end}+00'){needed}"


def visit(day: int, number: int, who: str = "anna") -> str:
    """The statement that inserts a visit on a day."""
    at = FIRST_DAY + timedelta(days=day, minutes=number)
    return f"INSERT INTO visits VALUES ('{at.isoformat()}', {number}, '{who}')"


def visits(museum: Capture) -> list[tuple[object, ...]]:
    """The number and the visitor of each visit that people read."""
    return museum.select("SELECT number, who FROM museum.visits ORDER BY number")


def truncated_away(museum: Capture) -> list[tuple[object, ...]]:
    """The number and the visitor of each visit that was found gone after a partition's TRUNCATE."""
    reason = "not found by a copy: a partition was truncated"
    found = f"SELECT number, who FROM museum.visits_history WHERE _op = 'd' AND _reason = '{reason}' ORDER BY number"
    return museum.select(found)
