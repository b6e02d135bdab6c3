"""A service whose keys can be what ClickHouse's types cannot hold: days before year 1, and times at infinity."""

from sqlalchemy import Column, Date, DateTime, MetaData, Table, Text

from cdc.catalog.declared import catalog_of_metadata
from cdc.catalog.model import ServiceCatalog
from services.kit.capture import Capture

TABLES = (
    "CREATE TABLE days (day date PRIMARY KEY, name text)",
    "CREATE TABLE moments (at timestamptz PRIMARY KEY, name text)",
)


def calendar_catalog() -> ServiceCatalog:
    metadata = MetaData()
    Table("days", metadata, Column("day", Date, primary_key=True), Column("name", Text), info=Capture().info())
    moment: Column[object] = Column("at", DateTime(timezone=True), primary_key=True)
    Table("moments", metadata, moment, Column("name", Text), info=Capture().info())
    return catalog_of_metadata("calendar", metadata)
