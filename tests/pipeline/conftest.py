"""One ClickHouse for all tests of the pipeline, emptied for each; a captured database of the file service per test."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver import Client

from cdc.batch import Batch
from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.declared import all_catalogs, service_catalog
from cdc.clickhouse import client
from cdc.storing.sink import Sink
from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.postgres import Postgres
from migrations import capture as capture_migration
from migrations.clickhouse import upgrade
from services.kit.backoff import Backoff
from services.registry import SERVICES, service_named
from tests.pipeline.capture import Capture
from tests.pipeline.clusters import Service
from tests.pipeline.watched_store import WatchedStore
from tests.support.directories import server_directory
from tests.support.generated_writes import DAY, TODAY
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceTemplates
from tests.support.sql import run


@pytest.fixture(name="clickhouse")
def _clickhouse(clickhouse_server: ClickHouse) -> Iterator[Client]:
    """A client; every table that the catalog wants is there, and empty: made anew only if another test dropped it."""
    with client(clickhouse_server.url) as opened:
        upgrade(opened, wanted_objects(all_catalogs(), durable=False))
        empty_storage(opened)
        yield opened


def empty_storage(opened: Client) -> None:
    tables = opened.query(
        "SELECT concat(database, '.', name) FROM system.tables WHERE engine LIKE '%MergeTree' AND total_rows > 0"
        " AND (database = 'cdc' AND name != 'schema_ledger' OR database LIKE '%\\\\_store')"
    )
    for (table,) in tables.result_rows:
        opened.command(f"TRUNCATE TABLE {table}")


@pytest.fixture(name="seed")
def _seed() -> int:
    """Another one each time; a failing test's output says which."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    return seed


@pytest.fixture(name="short_backoff")
def _short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again soon."""
    monkeypatch.setattr(Backoff, "next_delay", lambda *_: 0.1)


@pytest.fixture(name="capture")
def _capture(service_database: CreateDatabase, clickhouse: Client, clickhouse_server: ClickHouse) -> Capture:
    """The file service's database, published, with nothing captured yet."""
    database, catalog = service_database("file"), service_catalog("file")
    capture_migration.upgrade(service_named("file"), catalog, database.migrator_url)
    return Capture(database, catalog, clickhouse_server.url, clickhouse)


@pytest.fixture(name="captures")
def _captures(
    service_database: CreateDatabase, clickhouse_server: ClickHouse, clickhouse: Client
) -> dict[str, Capture]:
    """Every service's database, published, with nothing captured yet; the gateway's log has partitions."""
    captures = {}
    for service in SERVICES:
        database, catalog = service_database(service.name), service_catalog(service.name)
        capture_migration.upgrade(service, catalog, database.migrator_url)
        captures[service.name] = Capture(database, catalog, clickhouse_server.url, clickhouse)
    three_days = f"SELECT create_api_request_partitions('{TODAY - 3 * DAY}', '{TODAY}')"
    run(captures["api_gateway"].database.app_url, three_days)
    return captures


@pytest.fixture(name="watched")
def _watched(monkeypatch: pytest.MonkeyPatch) -> WatchedStore:
    """Sees every batch that a pipeline of this test stores."""
    watched_store = WatchedStore()

    def store(sink: Sink, batch: Batch) -> None:
        watched_store.store(sink, batch)

    monkeypatch.setattr(Sink, "store", store)
    return watched_store


@pytest.fixture(name="service_of")
def _service_of(clickhouse: Client, clickhouse_server: ClickHouse) -> Service:
    """The file service's database in a server of the test's own, published."""

    def service_of(server: Postgres) -> Capture:
        database, catalog = ServiceTemplates(server).create("file"), service_catalog("file")
        capture_migration.upgrade(service_named("file"), catalog, database.migrator_url)
        return Capture(database, catalog, clickhouse_server.url, clickhouse)

    return service_of


@pytest.fixture(name="place")
def _place() -> Iterator[Path]:
    """A directory for a PostgreSQL server of the test's own."""
    with server_directory() as directory:
        yield directory
