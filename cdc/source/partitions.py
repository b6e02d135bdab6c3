"""Which rows PostgreSQL keeps of a table by now, as ClickHouse can tell it."""

from cdc.catalog.model import CapturedTable
from cdc.catalog.partitions import kept_rows, partition_bounds
from cdc.postgres import rows, session


def kept_now(table: CapturedTable, database_url: str) -> str:
    """ClickHouse's condition for rows that PostgreSQL keeps, as committed by now; see `kept_rows`."""
    with session(database_url) as connection:
        return kept_rows(table, [(str(row[0]), row[1], row[2]) for row in rows(connection, partition_bounds(table))])
