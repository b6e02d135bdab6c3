"""What capture knows of itself, kept in ClickHouse: epochs, and how far each service's stream has come."""

from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver import Client

from cdc.catalog.version import place
from cdc.clickhouse import insert_row, rows_of


@dataclass(frozen=True)
class Epoch:
    """One unbroken life of a database's WAL, and why it began: positions of different epochs cannot be compared."""

    number: int
    system_identifier: int
    timeline: int
    reason: str


@dataclass(frozen=True)
class Progress:
    """How far a service's stream has come: everything committed up to there is stored."""

    position: int
    commit_time: datetime
    landed_at: datetime

    @property
    def lsn(self) -> int:
        """The WAL position within its epoch."""
        return place(self.position)[1]


def current_epoch(client: Client, service: str) -> Epoch | None:
    """The service's newest epoch, None before its first start."""
    found = rows_of(
        client,
        "SELECT epoch, system_identifier, timeline, reason FROM cdc.epochs FINAL"
        " WHERE service = {service:String} ORDER BY epoch DESC LIMIT 1",
        {"service": service},
    )
    return Epoch(*found[0]) if found else None


def record_epoch(client: Client, service: str, epoch: Epoch) -> None:
    """Begin an epoch."""
    insert_row(
        client,
        "cdc.epochs",
        {
            "service": service,
            "epoch": epoch.number,
            "system_identifier": epoch.system_identifier,
            "timeline": epoch.timeline,
            "reason": epoch.reason,
        },
    )


def record_retention(client: Client, service: str, table: str, thinned_before: datetime) -> None:
    """Say that a table's history is no longer whole before an instant."""
    insert_row(client, "cdc.retention", {"service": service, "table": table, "thinned_before": thinned_before})


def progress(client: Client, service: str) -> Progress | None:
    """How far the service's stream has come, None before anything of it was stored."""
    found = rows_of(
        client,
        "SELECT position, commit_time, landed_at FROM cdc.progress FINAL WHERE service = {service:String}",
        {"service": service},
    )
    return Progress(*found[0]) if found else None
