"""A third service: one table, partitioned by day, whose partitions come and go."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text

from cdc.catalog.declared import catalog_of_metadata
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.partition_truncates import create_trigger
from cdc.catalog.postgres_ddl import replica_identity
from services.kit.capture import Capture

TABLE = (
    "CREATE TABLE visits (at timestamptz, number bigint, who text, PRIMARY KEY (at, number)) PARTITION BY RANGE (at)"
)
FIRST_DAY = datetime(2026, 3, 28, tzinfo=UTC)


def visits_catalog(retain: timedelta | None = None) -> ServiceCatalog:
    metadata = MetaData()
    columns: list[Column[object]] = [
        Column("at", DateTime(timezone=True), primary_key=True),
        Column("number", BigInteger, primary_key=True),
        Column("who", Text),
    ]
    Table("visits", metadata, *columns, info=Capture(retain=retain).info())
    return catalog_of_metadata("museum", metadata)


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
