"""Lag: how far ClickHouse is behind each service's database, in time and in bytes of WAL that a slot holds back."""

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import disk_usage

from clickhouse_connect.driver import Client

from cdc.bookkeeping.epochs import current_epoch
from cdc.bookkeeping.progress import Progress, progress
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.postgres_ddl import slot_name
from cdc.catalog.version import position
from cdc.clickhouse import rows_of
from cdc.dead_letters.letter_box import open_tables
from cdc.lag.wal_forecast import Forecast, Room, forecast
from cdc.postgres import Connection, rows, session
from cdc.source.heartbeat import beat

_POLL_SECONDS = 0.01
# How long growth is looked at where ClickHouse cannot say since when nothing was stored.
_SAMPLE_SECONDS = 2.0
_SLOTS = (
    "SELECT slot_name, active, wal_status, invalidation_reason,"
    " pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint,"
    " pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint, safe_wal_size"
    " FROM pg_replication_slots"
)


@dataclass(frozen=True)
class Slot:
    """A replication slot as PostgreSQL sees it; bytes are of WAL."""

    active: bool
    wal_status: str
    invalidation_reason: str | None
    unconfirmed_bytes: int
    retained_bytes: int
    bytes_until_lost: int | None


@dataclass(frozen=True)
class ServiceLag:
    """One service: how long a commit made now took to be stored, None if longer than the probe waited; the rest of it.

    newest_commit: the time of the newest stored commit, heartbeats among them; slot and forecast: None without a slot;
    other_slots: the database's other logical slots by name, which hold back WAL just as well.
    """

    service: str
    delay_seconds: float | None
    newest_commit: datetime | None
    slot: Slot | None
    forecast: Forecast | None
    other_slots: dict[str, Slot]


@dataclass(frozen=True)
class TableLag:
    """One table: its changes in history, the newest one's time, the values kept as text, changes that are parked."""

    table: str
    changes: int
    newest_change: datetime | None
    raw_values: int
    parked: int


def service_lag(
    catalog: ServiceCatalog,
    database_url: str,
    client: Client | None,
    patience_seconds: float,
    *,
    wal_directory: Path | None = None,
    slot: str | None = None,
) -> ServiceLag:
    """How far a service's copy is behind; measured with a heartbeat of its own, waited for `patience_seconds`.

    client: None while ClickHouse does not answer: then PostgreSQL's side alone is told. wal_directory: where the disk
    of PostgreSQL's WAL can be seen from here, if it can. slot: the name of the slot that its changes come from, None
    for the slot reader's own.
    """
    name = slot or slot_name(catalog.service)
    with session(database_url) as connection:
        delay = _probe(connection, client, catalog.service, patience_seconds) if client else None
        reached = progress(client, catalog.service) if client else None
        found, behind, written = _slot(connection, name, reached)
        others = _others(connection, name)
    room = Room(found.bytes_until_lost if found else None, disk_usage(wal_directory).free if wal_directory else None)
    return ServiceLag(
        service=catalog.service,
        delay_seconds=delay,
        newest_commit=reached.commit_time if reached else None,
        slot=found,
        forecast=forecast(written, behind, room) if found else None,
        other_slots=others,
    )


def slot_called(connection: Connection, name: str) -> Slot | None:
    """A replication slot as it is now, None if there is none of that name."""
    found = rows(connection, f"{_SLOTS} WHERE slot_name = %s", name)
    return Slot(*found[0][1:]) if found else None


def _others(connection: Connection, name: str) -> dict[str, Slot]:
    """Every other slot of this database: of the source before a switch, of an outbox, of somebody else."""
    where = "WHERE database = current_database() AND slot_name <> %s ORDER BY slot_name"
    return {other: Slot(*slot) for other, *slot in rows(connection, f"{_SLOTS} {where}", name)}


def _slot(connection: Connection, name: str, reached: Progress | None) -> tuple[Slot | None, float | None, int]:
    """The slot, and how much WAL was written in how many seconds: since the newest stored commit, or in a sample."""
    slot = slot_called(connection, name)
    if slot is None:
        return None, None, 0
    if reached:
        [(behind,)] = rows(connection, "SELECT extract(epoch FROM clock_timestamp() - %s)::float8", reached.commit_time)
        return slot, behind, slot.unconfirmed_bytes
    time.sleep(_SAMPLE_SECONDS)
    later = slot_called(connection, name) or slot
    return later, _SAMPLE_SECONDS, later.unconfirmed_bytes - slot.unconfirmed_bytes


def _probe(connection: Connection, client: Client, service: str, patience_seconds: float) -> float | None:
    epoch = current_epoch(client, service)
    if epoch is None:
        return None
    wanted = position(epoch.number, beat(connection))
    committed = time.monotonic()
    while (waited := time.monotonic() - committed) < patience_seconds:
        reached = progress(client, service)
        if reached and reached.position >= wanted:
            return waited
        time.sleep(_POLL_SECONDS)
    return None


def table_lags(catalog: ServiceCatalog, client: Client) -> list[TableLag]:
    """What ClickHouse holds of each of a service's tables."""
    lags, parked = [], open_tables(client, catalog.service)
    for table in catalog.tables:
        query = f"SELECT count(), max(_commit_time), sum(length(_raw)) FROM {table.history} FINAL"
        changes, newest, raw = rows_of(client, query)[0]
        lags.append(
            TableLag(str(table), int(changes), newest if changes else None, int(raw), parked.get(table.name, 0))
        )
    return lags
