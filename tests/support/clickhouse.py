"""Fixtures on a real ClickHouse: one endpoint a run, without anyone's databases before and after each test."""

from collections.abc import Iterator

import clickhouse_connect
import pytest
from clickhouse_connect.driver import Client

from deploy.local.clickhouse.starter import ClickHouse, running_clickhouse
from tests.support.directories import server_directory

PASSWORD = "test-clickhouse"
OWN_DATABASES = "'system', 'information_schema', 'INFORMATION_SCHEMA', 'default'"


@pytest.fixture(scope="session", name="clickhouse_server")
def clickhouse_server_fixture() -> Iterator[ClickHouse]:
    """The run's endpoint."""
    with server_directory() as directory, running_clickhouse(directory, password=PASSWORD) as server:
        yield server


@pytest.fixture(name="clickhouse")
def clickhouse_fixture(clickhouse_server: ClickHouse) -> Iterator[Client]:
    """A client of the endpoint, which holds none but ClickHouse's own databases now and after the test."""
    client = connect(clickhouse_server)
    drop_databases(client)
    yield client
    drop_databases(client)
    client.close()


def connect(server: ClickHouse) -> Client:
    """A client that several threads may use: it has no session."""
    return clickhouse_connect.get_client(dsn=server.url, autogenerate_session_id=False)


def drop_databases(client: Client) -> None:
    """Drop every database that isn't ClickHouse's own."""
    found = client.query(f"SELECT name FROM system.databases WHERE name NOT IN ({OWN_DATABASES})")
    for (name,) in found.result_rows:
        client.command("DROP DATABASE IF EXISTS {name:Identifier} SYNC", parameters={"name": name})
