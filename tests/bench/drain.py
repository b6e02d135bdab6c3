"""How fast a filled slot drains: by pg_recvlogical to nowhere, by our client library alone, and into ClickHouse."""

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cdc.batch import Batch
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.postgres_ddl import PUBLICATION
from cdc.clickhouse import client
from cdc.inserter import Inserter
from cdc.postgres import lsn_number, replication_session, rows, session
from cdc.sink import Sink
from cdc.source.pgoutput import Decoder
from cdc.source.slot import BatchLimits, SlotReader

_LIMITS = BatchLimits(seconds=0.02, rows=50_000, bytes=32 << 20)


def timed(action: Callable[[], None]) -> float:
    """Seconds that `action` takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def create_slot(dsn: str, name: str) -> None:
    """A slot that has everything written from now on."""
    with session(dsn) as connection:
        rows(connection, "SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", name)


def receive_to_nowhere(binaries: Path, dsn: str, slot: str) -> None:
    """Read a slot to its present end with PostgreSQL's own client, and throw it away."""
    with session(dsn) as connection:
        end = rows(connection, "SELECT pg_current_wal_insert_lsn()::text")[0][0]
    command = [str(binaries / "pg_recvlogical"), "-d", dsn, "-S", slot, "--start", "-f", "/dev/null", "-E", end]
    options = ["-o", "proto_version=1", "-o", f"publication_names={PUBLICATION}", "-o", "messages=true"]
    subprocess.run([*command, *options], check=True, capture_output=True)


def read_with_the_library(dsn: str, slot: str, catalog: ServiceCatalog) -> None:
    """Read and decode a slot to its present end, and store nothing."""
    _read_to_the_end(dsn, slot, catalog, lambda _batch: None)


def drain_into_clickhouse(dsn: str, slot: str, catalog: ServiceCatalog, clickhouse_url: str) -> None:
    """Read a slot to its present end into history and latest, as capture does."""
    with client(clickhouse_url) as opened, Sink(opened, catalog.service, epoch=1) as sink:
        _read_to_the_end(dsn, slot, catalog, sink.store)


def _read_to_the_end(dsn: str, slot: str, catalog: ServiceCatalog, store: Callable[[Batch], None]) -> None:
    with session(dsn) as connection:
        end = lsn_number(rows(connection, "SELECT pg_current_wal_insert_lsn()::text")[0][0])
        rows(connection, "SELECT pg_logical_emit_message(true, 'huleedu.heartbeat', '')")
    stopping = threading.Event()

    def stop_at_the_end(batch: Batch) -> None:
        store(batch)
        if (batch.end_lsn or 0) >= end:
            stopping.set()

    inserter = Inserter(stop_at_the_end, stopping, "bench")
    with replication_session(dsn) as connection:
        SlotReader(Decoder(catalog, 1, lambda table, *_: table), inserter, _LIMITS).run(connection, slot, stopping)
