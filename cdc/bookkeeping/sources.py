"""Which source each service's changes come from, and since which position, as ClickHouse's `cdc.sources` keeps it."""

from clickhouse_connect.driver import Client

from cdc.catalog.sources import Source
from cdc.clickhouse import insert_row, rows_of


def source_in_effect(client: Client, service: str) -> Source | None:
    """The source that the service's copies rest on, None before any was recorded."""
    found = rows_of(
        client,
        "SELECT source FROM cdc.sources FINAL WHERE service = {service:String} ORDER BY position DESC LIMIT 1",
        {"service": service},
    )
    return Source(found[0][0]) if found else None


def record_source(client: Client, service: str, position: int, source: Source) -> None:
    """Say that a service's changes come from a source, from a position on."""
    insert_row(client, "cdc.sources", {"service": service, "position": str(position), "source": str(source)})
