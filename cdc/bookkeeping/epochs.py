"""The epochs of each service's stream, as ClickHouse's `cdc.epochs` keeps them."""

from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver import Client

from cdc.clickhouse import insert_row, rows_of


@dataclass(frozen=True)
class Epoch:
    """One unbroken life of a database's WAL, and why it began: positions of different epochs cannot be compared."""

    number: int
    system_identifier: int
    timeline: int
    reason: str


@dataclass(frozen=True)
class RecordedEpoch(Epoch):
    """An epoch that began, and when."""

    since: datetime


def current_epoch(client: Client, service: str) -> RecordedEpoch | None:
    """The service's newest epoch, None before its first start."""
    found = rows_of(
        client,
        "SELECT epoch, system_identifier, timeline, reason, started_at FROM cdc.epochs FINAL"
        " WHERE service = {service:String} ORDER BY epoch DESC LIMIT 1",
        {"service": service},
    )
    return RecordedEpoch(*found[0]) if found else None


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
