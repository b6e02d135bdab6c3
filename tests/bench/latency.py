"""How long a committed change takes until somebody sees it, under a steady load on one table."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count

import psycopg2

from cdc.catalog.model import CapturedTable, ServiceCatalog
from cdc.clickhouse import client, rows_of
from cdc.postgres import replication_session, rows, session
from cdc.source.pgoutput import Decoder
from cdc.source.slot import USUAL_LIMITS, SlotReader
from cdc.storing.inserter import Inserter
from cdc.storing.sink import Sink
from tests.bench.looking import Looking
from tests.bench.steady_load import SteadyLoad, Waits

_PROBE = "INSERT INTO orders VALUES (%s, gen_random_uuid(), 'probe', 'new', NULL, NULL, now(), NULL, 1, true, 1)"
# Probes count down from below, rows of the load up from above: a later load finds keys that nobody has used.
_FREE_KEYS = "SELECT coalesce(max(id), 0) + 1, least(min(id), 0) - 1 FROM orders"
_TICK_SECONDS = 0.01
_PROBE_PAUSE_SECONDS = 0.02
_WARM_UP_SECONDS = 3.0
_PATIENCE_SECONDS = 120.0

Sees = Callable[[int], bool]


@dataclass(frozen=True)
class Load:
    """Rows that are written to the workload's table beside the probes, and how long it is probed."""

    dsn: str
    rows_per_second: int
    seconds: float


def commit_to_seen(load: Load, sees: Sees) -> Waits:
    """From a probe's commit until the row of that key is seen, while others write beside it."""
    with session(load.dsn) as connection:
        [(first, first_probe)] = rows(connection, _FREE_KEYS)
    steady, probes = SteadyLoad(_TICK_SECONDS), count(first_probe, -1)
    writer = threading.Thread(target=_write, args=(load, first, steady))
    _probe(load.dsn, sees, probes, 0.0)  # until it streams
    writer.start()
    try:
        _probe(load.dsn, sees, probes, _WARM_UP_SECONDS)
        return steady.measured(partial(_probe, load.dsn, sees, probes, load.seconds))
    finally:
        steady.stopping.set()
        writer.join()


@contextmanager
def queryable(clickhouse_url: str, table: CapturedTable) -> Iterator[Sees]:
    """Whether the current view of the workload's table shows a row."""
    with client(clickhouse_url) as opened:
        yield lambda key: bool(rows_of(opened, f"SELECT 1 FROM {table} WHERE id = {{id:Int64}}", {"id": key}))


@contextmanager
def reading_slot(dsn: str, slot: str, catalog: ServiceCatalog, clickhouse_url: str) -> Iterator[None]:
    """A slot is read into ClickHouse, in a thread."""
    stopping = threading.Event()
    reader = threading.Thread(target=_read, args=(dsn, slot, catalog, clickhouse_url, stopping))
    reader.start()
    try:
        yield
    finally:
        stopping.set()
        reader.join()


def _read(dsn: str, slot: str, catalog: ServiceCatalog, clickhouse_url: str, stopping: threading.Event) -> None:
    with (
        client(clickhouse_url) as opened,
        Sink(opened, catalog.service, epoch=1) as sink,
        replication_session(dsn) as connection,
    ):
        inserter = Inserter(sink.store, stopping, "bench")
        SlotReader(Decoder(catalog, 1, lambda table, *_: table), inserter, USUAL_LIMITS).run(connection, slot, stopping)


def _write(load: Load, key: int, steady: SteadyLoad) -> None:
    batch = max(1, round(load.rows_per_second * _TICK_SECONDS))
    with closing(psycopg2.connect(load.dsn)) as connection, connection.cursor() as cursor:
        for _ in steady.ticks():
            cursor.execute(
                "INSERT INTO orders SELECT i, gen_random_uuid(), 'load', 'new', NULL, NULL, now(), NULL, 1, true, 1"
                " FROM generate_series(%s::bigint, %s::bigint) AS i",
                (key, key + batch - 1),
            )
            connection.commit()
            steady.committed(batch)
            key += batch


def _probe(dsn: str, sees: Sees, keys: Iterator[int], seconds: float) -> list[float]:
    """Probe once, and again until `seconds` have passed."""
    until, waits, looking = time.monotonic() + seconds, list[float](), Looking(_PATIENCE_SECONDS)
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        for key in keys:
            cursor.execute(_PROBE, (key,))
            connection.commit()
            waits.append(looking.until(partial(sees, key), f"row {key}"))
            if time.monotonic() >= until:
                break
            time.sleep(_PROBE_PAUSE_SECONDS)
    return waits
