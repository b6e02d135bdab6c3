"""A service whose one table changes its shape while it is captured: the table, and databases that hold it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from clickhouse_connect.driver import Client
from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Numeric, String, Table, Text

from cdc.catalog.declared import catalog_of_metadata
from cdc.catalog.model import ServiceCatalog
from migrations import capture as capture_migration
from migrations.in_effect import upgrade
from services.kit.capture import Capture as Declaration
from tests.pipeline.capture import Capture
from tests.pipeline.conftest import empty_storage
from tests.support.service_database import ServiceDatabase

TABLE = (
    "CREATE TABLE goods (number bigint PRIMARY KEY, name varchar(20), price numeric(10,2), pieces integer, note text,"
    " sold timestamp)"
)


def market_catalog(*more: Column[Any], without: str = "", exclude: str = "") -> ServiceCatalog:
    """As the models of the service declare it, with more columns or without one."""
    columns: list[Column[Any]] = [
        Column("number", BigInteger, primary_key=True),
        Column("name", String(20)),
        Column("price", Numeric(10, 2)),
        Column("pieces", Integer),
        Column("note", Text),
        Column("sold", DateTime),
        *more,
    ]
    kept = [column for column in columns if column.name != without]
    metadata = MetaData()
    Table("goods", metadata, *kept, info=Declaration(exclude=frozenset({exclude} - {""})).info())
    return catalog_of_metadata("market", metadata)


@contextmanager
def captured_market(database: ServiceDatabase, clickhouse_url: str, clickhouse: Client) -> Iterator[Capture]:
    """The table, captured as a service's tables are, and empty; what ClickHouse has of it goes at the end."""
    capture = Capture(database, market_catalog(), clickhouse_url, clickhouse)
    capture.write(TABLE)
    migrate(capture)
    empty_storage(clickhouse)
    try:
        yield capture
    finally:
        for name in ("market", "market_store"):
            clickhouse.command(f"DROP DATABASE {name} SYNC")


def migrate(capture: Capture) -> None:
    """What `python -m migrations upgrade` does for capture, with the models that the capture has."""
    capture_migration.upgrade(capture.database.service, capture.in_effect, capture.database.migrator_url)
    upgrade(capture.clickhouse, [capture.catalog], durable=False)


def declaring(capture: Capture, catalog: ServiceCatalog) -> Capture:
    """The same database and storage, with other models."""
    return replace(capture, catalog=catalog)


def goods(number: int, **values: str) -> str:
    """The statement that inserts a row."""
    row = {"name": f"'thing {number}'", "price": f"{number}.50", "pieces": str(number), **values}
    return f"INSERT INTO goods (number, {', '.join(row)}) VALUES ({number}, {', '.join(row.values())})"


def shown(market: Capture, columns: str) -> list[tuple[object, ...]]:
    """The rows of the view that people read."""
    return market.select(f"SELECT {columns} FROM market.goods ORDER BY number")


def columns_shown(market: Capture, view: str = "goods") -> set[str]:
    """The names of a view's columns that are not capture's own."""
    named = f"SELECT name FROM system.columns WHERE database = 'market' AND table = '{view}' AND name NOT LIKE '\\_%'"
    return {str(name) for (name,) in market.select(named)}


def change(market: Capture, *statements: str) -> None:
    """Change the table as a revision does, and let capture read what is new, as an upgrade does right after it."""
    market.write(*statements)
    market.write("GRANT SELECT ON goods TO file_cdc")
