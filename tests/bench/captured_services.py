"""Every captured table of every service, but not the service: databases, ClickHouse's tables, and capture."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.postgres_ddl import create_publication, publish, replica_identity
from cdc.clickhouse import client
from deploy.local.children import Command, start_child, stop_child
from deploy.local.postgres import Postgres
from migrations.clickhouse import upgrade
from services.kit.settings import ENV_FILE_VARIABLE
from tests.bench.generated_rows import create_table
from tests.support.sql import run

_PROJECT = Path(__file__).parents[2]


def database_of(catalog: ServiceCatalog) -> str:
    """The name of the database that stands for the service's."""
    return f"bench_{catalog.service}"


def prepare(server: Postgres, clickhouse_url: str, catalogs: Sequence[ServiceCatalog]) -> None:
    """Make every captured table, published as migrations publish it, and all of ClickHouse's."""
    for catalog in catalogs:
        run(server.dsn(), f"CREATE DATABASE {database_of(catalog)}")
        dsn = server.dsn(database_of(catalog))
        for table in catalog.tables:
            run(dsn, create_table(table))
            run(dsn, replica_identity(table.in_postgres))
        run(dsn, create_publication())
        run(dsn, publish(catalog))
    with client(clickhouse_url) as opened:
        upgrade(opened, wanted_objects(catalogs, durable=True))


@contextmanager
def capture_running(
    server: Postgres, clickhouse_url: str, catalogs: Sequence[ServiceCatalog], log: Path
) -> Iterator[int]:
    """`python -m cdc run` for all services, as a process of its own; its process id."""
    urls = {f"CDC_{each.service.upper()}_DATABASE_URL": server.dsn(database_of(each)) for each in catalogs}
    environment = {**urls, "CDC_CLICKHOUSE_URL": clickhouse_url, ENV_FILE_VARIABLE: os.devnull}
    names = [each.service for each in catalogs]
    process = start_child(Command((sys.executable, "-m", "cdc", "run", *names), _PROJECT, environment), log)
    try:
        yield process.pid
    finally:
        stop_child(process, [signal.SIGTERM])
