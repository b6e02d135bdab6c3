"""A column that its table excludes: no grant reads it, no copy and no stream carries it to ClickHouse."""

from collections.abc import Iterator

import psycopg2
import pytest
from clickhouse_connect.driver import Client

from cdc.catalog.clickhouse_schema import wanted_objects
from deploy.local.clickhouse.starter import ClickHouse
from migrations import capture as capture_migration
from migrations.clickhouse import upgrade
from tests.pipeline.capture import Capture
from tests.pipeline.conftest import empty_storage
from tests.pipeline.shop import TABLE, shop_catalog
from tests.support.postgres import CreateDatabase
from tests.support.sql import run

SECRET = "never-to-be-told"


@pytest.fixture(name="shop")
def _shop(service_database: CreateDatabase, clickhouse_server: ClickHouse, clickhouse: Client) -> Iterator[Capture]:
    """The shop's table, captured as a service's tables are, and empty."""
    database, catalog = service_database("file", migrated=False), shop_catalog()
    upgrade(clickhouse, wanted_objects([catalog], durable=False))
    empty_storage(clickhouse)
    capture = Capture(database, catalog, clickhouse_server.url, clickhouse)
    capture.write(TABLE)
    capture_migration.upgrade(database.service, catalog, database.migrator_url)
    yield capture
    for name in ("shop", "shop_store"):
        clickhouse.command(f"DROP DATABASE {name} SYNC")


def everything_stored(shop: Capture) -> str:
    """Every row of every table that the pipeline fills, as one text."""
    tables = shop.select(
        "SELECT concat(database, '.', name) FROM system.tables WHERE engine LIKE '%MergeTree'"
        " AND database IN ('cdc', 'shop_store') AND name != 'schema_ledger'"
    )
    return "".join(str(shop.select(f"SELECT * FROM {table}")) for (table,) in tables)


def test_an_excluded_column_cannot_be_read_by_capture(shop: Capture) -> None:
    shop.write(f"INSERT INTO goods VALUES (1, 'pen', '{SECRET}')")
    assert run(shop.database.cdc_url, "SELECT number, name FROM goods") == [(1, "pen")]
    for query in ("SELECT secret FROM goods", "SELECT * FROM goods", "SELECT goods FROM goods"):
        with pytest.raises(psycopg2.Error, match="permission denied for table goods"):
            run(shop.database.cdc_url, query)


def test_an_excluded_column_is_neither_copied_nor_streamed(shop: Capture) -> None:
    shop.write(*(f"INSERT INTO goods VALUES ({number}, 'pen', '{SECRET}')" for number in (1, 2)))
    with shop.streaming():
        shop.write(f"INSERT INTO goods VALUES (3, 'ink', '{SECRET}')", "DELETE FROM goods WHERE number = 2")
        shop.write(f"UPDATE goods SET name = 'pencil', secret = '{SECRET} at all' WHERE number = 1")
        shop.write(f"UPDATE goods SET secret = '{SECRET} again' WHERE number = 3")
        shop.catch_up()
        shop.assert_whole()
    assert shop.select("SELECT number, name FROM shop.goods ORDER BY number") == [(1, "pencil"), (3, "ink")]
    stored = everything_stored(shop)
    assert "pencil" in stored
    assert SECRET not in stored
    columns = "SELECT DISTINCT name FROM system.columns WHERE database IN ('shop', 'shop_store')"
    names = {name for (name,) in shop.select(columns)}
    assert "name" in names
    assert "secret" not in names
