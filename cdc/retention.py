"""History kept for a time only: what is older and superseded, or gone, leaves ClickHouse; safe to run again."""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver import Client

from cdc.bookkeeping.progress import progress
from cdc.catalog.model import CapturedTable, ServiceCatalog
from cdc.catalog.retention_sql import leaving_history, leaving_latest
from cdc.clickhouse import client, insert_row, rows_of
from cdc.failures import OF_SERVERS
from cdc.source.partitions import kept_now

_log = logging.getLogger(__name__)
_FAILED = "%s: history could not be thinned, which is tried again later: %s"


@dataclass(frozen=True)
class Thinned:
    """What was done to one table: before which instant, and how many versions left its history."""

    table: CapturedTable
    before: datetime
    versions: int


@dataclass(frozen=True)
class Retention:
    """Thins one service's history every so many seconds until it is told to stop."""

    catalog: ServiceCatalog
    database_url: str
    clickhouse_url: str
    every_seconds: float

    def run(self, stopping: threading.Event) -> None:
        """Thin at once and then again and again; a failure is said, and the next time comes as ever."""
        while not stopping.is_set():
            try:
                with client(self.clickhouse_url) as opened:
                    thin(self.catalog, self.database_url, opened)
            except OF_SERVERS as error:
                _log.warning(_FAILED, self.catalog.service, str(error).strip())
            except Exception as error:  # pylint: disable=broad-exception-caught
                # A defect here is no reason to end capture.
                _log.exception(_FAILED, self.catalog.service, error)
            stopping.wait(self.every_seconds)


def thin(catalog: ServiceCatalog, database_url: str, opened: Client) -> list[Thinned]:
    """Thin the history of each table that keeps it for a time only, as of ClickHouse's clock; what was done.

    Nothing is thinned up to where the stream has not come yet: what it still brings may belong there.
    """
    reached = progress(opened, catalog.service)
    if reached is None:
        return []
    now: datetime = rows_of(opened, "SELECT now64(6, 'UTC')")[0][0]
    return [
        _thin(table, min(now - table.capture.retain, reached.commit_time), database_url, opened)
        for table in catalog.tables
        if table.capture.retain is not None
    ]


def _thin(table: CapturedTable, before: datetime, database_url: str, opened: Client) -> Thinned:
    kept = kept_now(table, database_url)
    # Said first: from now on nobody may ask for a state from before, nor hold against history what is about to go.
    record_retention(opened, table.service, table.name, before)
    _delete(opened, table.latest, leaving_latest(table, kept), before)
    versions = sum(_delete(opened, table.history, leaving, before) for leaving in leaving_history(table, kept))
    if versions:
        _log.info("%s: %d versions from before %s left", table, versions, before)
    return Thinned(table, before, versions)


def record_retention(opened: Client, service: str, table: str, thinned_before: datetime) -> None:
    """Say that a table's history is no longer whole before an instant."""
    insert_row(opened, "cdc.retention", {"service": service, "table": table, "thinned_before": thinned_before})


def _delete(opened: Client, stored: str, condition: str, before: datetime) -> int:
    """Delete the rows of a condition and return once they are gone; how many there were."""
    parameters = {"before": before}
    [(count,)] = rows_of(opened, f"SELECT count() FROM {stored} WHERE {condition}", parameters)
    if count:
        # Rewritten rather than marked: what has left is not to be on the disk.
        opened.command(f"ALTER TABLE {stored} DELETE WHERE {condition} SETTINGS mutations_sync = 2", parameters)
    return int(count)
