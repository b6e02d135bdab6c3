"""Copies of tables as ClickHouse's `cdc.snapshots` keeps them: which are wanted, begun, copied and finished, and why.

A table's newest entry of an epoch says how it stands. One that is wanted has the WAL position from which on the table
must be copied anew: a copy that begins there or later answers it, so that to want the same once more changes nothing.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from clickhouse_connect.driver import Client

from cdc.clickhouse import insert_row, rows_of

FIRST_COPY, NEW_EPOCH, ASKED_FOR, SHAPE_CHANGED = "first copy", "new epoch", "asked for", "its columns changed"
_COLUMNS = '"table", epoch, lsn, reason, xid, taken_us, row_count, copied_to, deleted, finished'


@dataclass(frozen=True)
class TableCopy:
    """One copy of a table, or the wish for one: the WAL position `lsn` is what its rows' versions carry.

    xid, taken_us: the transaction and the time (µs) that mark it, 0 while it is only wanted; row_count: rows copied so
    far; copied_to: the WAL position that the stream must have passed before it can be told what is gone, 0 until all
    rows are copied; deleted: keys that were gone.
    """

    table: str
    epoch: int
    lsn: int
    reason: str
    xid: int = 0
    taken_us: int = 0
    row_count: int = 0
    copied_to: int = 0
    deleted: int = 0
    finished: bool = False

    @property
    def stage(self) -> str:
        """How far it has come, in words."""
        if self.finished:
            return f"finished: {self.row_count} rows copied, {self.deleted} keys gone"
        if self.copied_to:
            return f"{self.row_count} rows copied, waiting for the stream to tell what is gone"
        return f"copying, {self.row_count} rows so far" if self.xid else "wanted"

    def __str__(self) -> str:
        return f"{self.table} ({self.reason}: {self.stage})"


def record_copy(client: Client, service: str, copy: TableCopy) -> None:
    """Say how a copy stands; what is finished stays so, whatever is said later."""
    insert_row(client, "cdc.snapshots", {"service": service, **asdict(copy)})


def want_copies(client: Client, service: str, epoch: int, lsn: int, reasons: Iterable[tuple[str, str]]) -> None:
    """Ask for copies of tables as of a WAL position or later; `reasons` are pairs of a table's name and why."""
    for table, reason in reasons:
        record_copy(client, service, TableCopy(table, epoch, lsn, reason))


def copies(client: Client, service: str, epoch: int) -> tuple[TableCopy, ...]:
    """Every copy that was wanted or begun in an epoch, oldest first."""
    found = rows_of(
        client,
        f"SELECT {_COLUMNS} FROM cdc.snapshots FINAL"
        " WHERE service = {service:String} AND epoch = {epoch:UInt32} ORDER BY lsn",
        {"service": service, "epoch": epoch},
    )
    return tuple(TableCopy(*row) for row in found)


def newest_copies(client: Client, service: str, epoch: int) -> dict[str, TableCopy]:
    """How each table of a service stands in an epoch, by the table's name."""
    return {copy.table: copy for copy in copies(client, service, epoch)}


def unfinished_copies(client: Client, service: str, epoch: int, tables: Iterable[str]) -> dict[str, TableCopy | None]:
    """Those of the tables whose newest copy is not finished, with it; None for a table that none is known of."""
    newest = newest_copies(client, service, epoch)
    standing = {table: newest.get(table) for table in tables}
    return {table: copy for table, copy in standing.items() if copy is None or not copy.finished}
