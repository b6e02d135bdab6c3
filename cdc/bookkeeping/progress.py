"""How far each service's stream has come, as ClickHouse's `cdc.progress` keeps it."""

from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver import Client

from cdc.catalog.version import place
from cdc.clickhouse import insert_row, rows_of


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


def progress(client: Client, service: str) -> Progress | None:
    """How far the service's stream has come, None before anything of it was stored."""
    found = rows_of(
        client,
        "SELECT position, commit_time, landed_at FROM cdc.progress FINAL WHERE service = {service:String}",
        {"service": service},
    )
    return Progress(*found[0]) if found else None


def record_progress(client: Client, service: str, position: int, commit_time: datetime) -> None:
    """Say that everything up to a position is stored; one that was recorded further on stays."""
    # In quotes: a position has more digits than numbers of JSON are trusted with.
    row = {"service": service, "position": str(position), "commit_time": commit_time}
    insert_row(client, "cdc.progress", row)
