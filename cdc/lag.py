"""Lag: how far ClickHouse is behind each service's database, in time and in bytes of WAL that a slot holds back."""

from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver import Client

from cdc.bookkeeping import progress
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.postgres_ddl import slot_name
from cdc.clickhouse import rows_of
from cdc.postgres import rows, session

_SLOT = (
    "SELECT active, wal_status, invalidation_reason,"
    " pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint,"
    " pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint, safe_wal_size"
    " FROM pg_replication_slots WHERE slot_name = %s"
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
    """One service: seconds since the newest stored commit (heartbeats count), and its slot, None if there is none."""

    service: str
    seconds_behind: float | None
    newest_commit: datetime | None
    slot: Slot | None


@dataclass(frozen=True)
class TableLag:
    """One table: its changes in history, the newest one's time, and the values whose cast could not hold them."""

    table: str
    changes: int
    newest_change: datetime | None
    raw_values: int


def service_lag(catalog: ServiceCatalog, database_url: str, client: Client) -> ServiceLag:
    """How far a service's copy is behind; compares PostgreSQL's clock with commit times, both its own."""
    with session(database_url) as connection:
        found = rows(connection, _SLOT, slot_name(catalog.service))
        now: datetime = rows(connection, "SELECT clock_timestamp() AT TIME ZONE 'UTC'")[0][0]
    reached = progress(client, catalog.service)
    return ServiceLag(
        service=catalog.service,
        seconds_behind=(now - _without_zone(reached.commit_time)).total_seconds() if reached else None,
        newest_commit=reached.commit_time if reached else None,
        slot=Slot(*found[0]) if found else None,
    )


def table_lags(catalog: ServiceCatalog, client: Client) -> list[TableLag]:
    """What ClickHouse holds of each of a service's tables."""
    lags = []
    for table in catalog.tables:
        query = f"SELECT count(), max(_commit_time), sum(length(_raw)) FROM {table.history}"
        changes, newest, raw = rows_of(client, query)[0]
        lags.append(TableLag(str(table), int(changes), newest if changes else None, int(raw)))
    return lags


def _without_zone(time: datetime) -> datetime:
    return time.replace(tzinfo=None)
