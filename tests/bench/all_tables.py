"""How long a committed change takes until a query sees it, while every captured table of every service is written."""

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from itertools import count, cycle

import psycopg2
from clickhouse_connect.driver import Client

from cdc.catalog.model import CapturedTable, ServiceCatalog
from cdc.clickhouse import client, rows_of
from deploy.local.postgres import Postgres
from services.kit.capture import ACTOR_PREFIX
from tests.bench.captured_services import database_of
from tests.bench.generated_rows import insert_rows, numbered_column, value_in_row
from tests.bench.looking import Looking
from tests.bench.steady_load import SteadyLoad, Waits
from tests.support.sql import run

ROWS_PER_SECOND = 2000
_TICK_SECONDS = 0.05
_PROBE_PAUSE_SECONDS = 0.02
_PATIENCE_SECONDS = 60.0
_FIRST_PROBE = 1_000_000_000
_ACTOR = f"SELECT pg_logical_emit_message(true, '{ACTOR_PREFIX}', '{{\"user_id\": \"bench\"}}')"


def commit_to_queryable(
    server: Postgres, clickhouse_url: str, catalogs: Sequence[ServiceCatalog], seconds: float
) -> Waits:
    """From a probe's commit until the current view of its table shows it; the tables take turns."""
    load = SteadyLoad(_TICK_SECONDS)
    writers = [threading.Thread(target=_write, args=(server, each, catalogs, load)) for each in catalogs]
    with client(clickhouse_url) as opened:
        _probes(server, opened, catalogs, 0.0, _FIRST_PROBE)  # until each service streams
        for writer in writers:
            writer.start()
        try:
            _probes(server, opened, catalogs, 2.0, 2 * _FIRST_PROBE)
            return load.measured(partial(_probes, server, opened, catalogs, seconds, 3 * _FIRST_PROBE))
        finally:
            load.stopping.set()
            for writer in writers:
                writer.join()


def _write(server: Postgres, catalog: ServiceCatalog, catalogs: Sequence[ServiceCatalog], load: SteadyLoad) -> None:
    """Write to all tables of one service in each transaction, so that all services' rows make ROWS_PER_SECOND."""
    tables = sum(len(each.tables) for each in catalogs)
    size = max(1, round(ROWS_PER_SECOND * _TICK_SECONDS / tables))
    with closing(psycopg2.connect(server.dsn(database_of(catalog)))) as connection, connection.cursor() as cursor:
        for tick in load.ticks():
            cursor.execute(_ACTOR)
            for table in catalog.tables:
                cursor.execute(insert_rows(table, tick * size + 1, size))
            connection.commit()
            load.committed(size * len(catalog.tables))


def _probes(
    server: Postgres, opened: Client, catalogs: Sequence[ServiceCatalog], seconds: float, first: int
) -> list[float]:
    """Probe each table once, and again in turn until `seconds` have passed."""
    tables = [table for catalog in catalogs for table in catalog.tables]
    dsns = {catalog.service: server.dsn(database_of(catalog)) for catalog in catalogs}
    until, waits, looking = time.monotonic() + seconds, list[float](), Looking(_PATIENCE_SECONDS)
    for number, table in zip(count(first), cycle(tables), strict=False):
        if len(waits) >= len(tables) and time.monotonic() >= until:
            return waits
        waits.append(_probe(dsns[table.service], opened, table, number, looking))
        time.sleep(_PROBE_PAUSE_SECONDS)
    raise AssertionError("there are always more numbers")


def _probe(dsn: str, opened: Client, table: CapturedTable, number: int, looking: Looking) -> float:
    column = numbered_column(table)
    key = run(dsn, value_in_row(column, number))[0][0]
    kind = "String" if column.rule.is_text else column.rule.clickhouse
    query = f'SELECT 1 FROM {table} WHERE "{column.name}" = {{key:{kind}}}'
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(insert_rows(table, number, 1))
        connection.commit()
    return looking.until(lambda: bool(rows_of(opened, query, {"key": key})), f"row {key} of {table}")
