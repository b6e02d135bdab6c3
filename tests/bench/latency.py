"""How long a committed change takes until a query in ClickHouse sees it, under a steady load."""

import threading
import time
from functools import partial

import psycopg2

from cdc.catalog.model import ServiceCatalog
from cdc.clickhouse import client, rows_of
from cdc.postgres import replication_session
from cdc.source.pgoutput import Decoder
from cdc.source.slot import BatchLimits, SlotReader
from cdc.storing.inserter import Inserter
from cdc.storing.sink import Sink
from tests.bench.steady_load import SteadyLoad, Waits

_LIMITS = BatchLimits(seconds=0.02, rows=50_000, bytes=32 << 20)
_PROBE = "INSERT INTO orders VALUES (%s, gen_random_uuid(), 'probe', 'new', NULL, NULL, now(), NULL, 1, true, 1)"
ROWS_PER_SECOND = 2000
_TICK_SECONDS = 0.01
_PROBE_PAUSE_SECONDS = 0.02


def commit_to_queryable(dsn: str, slot: str, catalog: ServiceCatalog, clickhouse_url: str, seconds: float) -> Waits:
    """From a probe's commit until its row is in the current view, while others write beside it."""
    load = SteadyLoad(_TICK_SECONDS)
    reader = threading.Thread(target=_read, args=(dsn, slot, catalog, clickhouse_url, load.stopping))
    writer = threading.Thread(target=_write, args=(dsn, load))
    reader.start()
    writer.start()
    try:
        return load.measured(partial(_probe, dsn, clickhouse_url, time.monotonic() + seconds))
    finally:
        load.stopping.set()
        writer.join()
        reader.join()


def _read(dsn: str, slot: str, catalog: ServiceCatalog, clickhouse_url: str, stopping: threading.Event) -> None:
    with (
        client(clickhouse_url) as opened,
        Sink(opened, catalog.service, epoch=1) as sink,
        replication_session(dsn) as connection,
    ):
        inserter = Inserter(sink.store, stopping, "bench")
        SlotReader(Decoder(catalog, 1, lambda table, *_: table), inserter, _LIMITS).run(connection, slot, stopping)


def _write(dsn: str, load: SteadyLoad) -> None:
    connection, key = psycopg2.connect(dsn), 10_000_000
    batch = max(1, round(ROWS_PER_SECOND * _TICK_SECONDS))
    with connection.cursor() as cursor:
        for _ in load.ticks():
            cursor.execute(
                "INSERT INTO orders SELECT i, gen_random_uuid(), 'load', 'new', NULL, NULL, now(), NULL, 1, true, 1"
                " FROM generate_series(%s::bigint, %s::bigint) AS i",
                (key, key + batch - 1),
            )
            connection.commit()
            load.committed(batch)
            key += batch
    connection.close()


def _probe(dsn: str, clickhouse_url: str, until: float) -> list[float]:
    waits, connection, key = list[float](), psycopg2.connect(dsn), 20_000_000
    with client(clickhouse_url) as opened, connection.cursor() as cursor:
        while time.monotonic() < until:
            key += 1
            cursor.execute(_PROBE, (key,))
            connection.commit()
            committed = time.perf_counter()
            while not rows_of(opened, "SELECT 1 FROM bench.orders WHERE id = {id:Int64}", {"id": key}):
                time.sleep(0.001)
            waits.append((time.perf_counter() - committed) * 1000)
            time.sleep(_PROBE_PAUSE_SECONDS)
    connection.close()
    return waits
