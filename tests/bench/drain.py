"""How fast a filled slot drains: to nowhere by several readers, decoded, and into ClickHouse.

Reader, decoder, inserter and sink are capture's own; what a pipeline does beside the stream is left out: set-up,
copies, the watch of columns, heartbeats, retention, and the turns that services take. `all_tables` has
it all.
"""

import select
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cdc.batch import Batch
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.postgres_ddl import PUBLICATION
from cdc.clickhouse import client, rows_of
from cdc.postgres import lsn_number, replication_session, rows, session
from cdc.source.pgoutput import Decoder
from cdc.source.slot import OPTIONS, USUAL_LIMITS, SlotReader
from cdc.storing.inserter import Inserter
from cdc.storing.sink import Sink

_CONFIRMED = "SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = %s"
_PATIENCE_SECONDS, _POLL_SECONDS = 1800.0, 0.1


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


def read_and_drop(dsn: str, slot: str) -> None:
    """Read a slot to its present end with the client library that capture uses, and look at nothing."""
    with replication_session(dsn) as connection, connection.cursor() as cursor:
        end = _end_of_the_log(dsn)
        cursor.start_replication(slot_name=slot, decode=False, options=OPTIONS)
        while True:
            message = cursor.read_message()
            if message is None:
                select.select([cursor], [], [])
            elif message.data_start >= end:
                return


def decode_and_drop(dsn: str, slot: str, catalog: ServiceCatalog) -> None:
    """Read and decode a slot to its present end, and store nothing."""
    _read_to_the_end(dsn, slot, catalog, lambda _batch: None)


def decoded(dsn: str, slot: str, catalog: ServiceCatalog) -> list[Batch]:
    """Everything that a slot has, in batches, in memory."""
    batches = list[Batch]()
    _read_to_the_end(dsn, slot, catalog, batches.append)
    return batches


def drain_into_clickhouse(dsn: str, slot: str, catalog: ServiceCatalog, clickhouse_url: str) -> None:
    """Read a slot to its present end into history and latest, as capture does."""
    with client(clickhouse_url) as opened, Sink(opened, catalog.service, epoch=1) as sink:
        _read_to_the_end(dsn, slot, catalog, sink.store)


def assert_arrived(dsn: str, catalog: ServiceCatalog, clickhouse_url: str, changes: int) -> None:
    """Every change is in history once, and the current view has as many rows as PostgreSQL."""
    [table] = catalog.tables
    with session(dsn) as connection, client(clickhouse_url) as opened:
        there = rows(connection, f"SELECT count(*) FROM {table.in_postgres}")[0][0]
        [(in_history,)] = rows_of(opened, f"SELECT count() FROM {table.history}")
        [(shown,)] = rows_of(opened, f"SELECT count() FROM {table}")
    if (in_history, shown) != (changes, there):
        raise AssertionError(f"{in_history} of {changes} changes are in history, {shown} of {there} rows in the view")


def wait_until_confirmed(dsn: str, slot: str) -> None:
    """Return once whoever reads a slot has told PostgreSQL that everything written by now is safe."""
    end, deadline = _end_of_the_log(dsn), time.monotonic() + _PATIENCE_SECONDS
    with session(dsn) as connection:
        while lsn_number(rows(connection, _CONFIRMED, slot)[0][0]) < end:
            if time.monotonic() > deadline:
                raise TimeoutError(f"what slot {slot} holds was not read within {_PATIENCE_SECONDS:g} s")
            time.sleep(_POLL_SECONDS)


def _end_of_the_log(dsn: str) -> int:
    """Where the log ends now; a message behind it lets a reader see that it has come so far."""
    with session(dsn) as connection:
        end = lsn_number(rows(connection, "SELECT pg_current_wal_insert_lsn()::text")[0][0])
        rows(connection, "SELECT pg_logical_emit_message(true, 'huleedu.heartbeat', '')")
    return end


def _read_to_the_end(dsn: str, slot: str, catalog: ServiceCatalog, store: Callable[[Batch], None]) -> None:
    end, stopping = _end_of_the_log(dsn), threading.Event()

    def stop_at_the_end(batch: Batch) -> None:
        store(batch)
        if (batch.end_lsn or 0) >= end:
            stopping.set()

    inserter = Inserter(stop_at_the_end, stopping, "bench")
    with replication_session(dsn) as connection:
        SlotReader(Decoder(catalog, 1, lambda table, *_: table), inserter, USUAL_LIMITS).run(connection, slot, stopping)
