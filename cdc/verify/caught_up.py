"""The moment at which PostgreSQL and ClickHouse can be compared: a snapshot, all of which is stored and copied."""

import time

from clickhouse_connect.driver import Client

from cdc.bookkeeping.copies import TableCopy, newest_copies
from cdc.bookkeeping.epochs import current_epoch
from cdc.bookkeeping.progress import progress
from cdc.catalog.model import CapturedTable
from cdc.catalog.version import position
from cdc.postgres import Connection, lsn_number, lsn_text, rows, session
from cdc.source.heartbeat import beat
from cdc.verify.visibility import SeenBy

_POLL_SECONDS = 0.05


class NotCaughtUpError(RuntimeError):
    """ClickHouse did not reach PostgreSQL's position in time, or lacks a copy: the two cannot be compared yet."""


def caught_up(
    connection: Connection, database_url: str, client: Client, table: CapturedTable, timeout_seconds: float
) -> SeenBy:
    """A snapshot of PostgreSQL, of which ClickHouse has everything; the connection's transaction has it.

    `connection` is in a mode in which a transaction has one snapshot. A copy that was finished after the snapshot was
    taken is none that it sees, so another one is taken. NotCaughtUpError if `timeout_seconds` do not suffice.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        copied = _wait_until_copied(client, table, deadline)
        seen = snapshot(connection, client, table.service)
        wait_until_stored(database_url, client, table.service, seen, max(0.0, deadline - time.monotonic()))
        if _newest_copy(client, table) == copied:
            return seen
        connection.rollback()
        if time.monotonic() > deadline:
            raise NotCaughtUpError(f"{table}: it was copied anew again and again for {timeout_seconds:g} s")


def snapshot(connection: Connection, client: Client, service: str) -> SeenBy:
    """The snapshot of the connection's transaction; NotCaughtUpError if nothing was captured yet."""
    # The position is asked for after the snapshot was taken: all that the snapshot sees was committed before it.
    found, taken_at = rows(connection, "SELECT pg_current_snapshot()::text, clock_timestamp()")[0]
    lsn = rows(connection, "SELECT pg_current_wal_insert_lsn()::text")[0][0]
    return SeenBy.parse(_epoch(client, service), lsn_number(lsn), found, taken_at)


def wait_until_stored(database_url: str, client: Client, service: str, seen: SeenBy, timeout_seconds: float) -> None:
    """Return once all that the snapshot sees is stored; NotCaughtUpError if that takes too long."""
    wanted, deadline = position(seen.epoch, seen.lsn), time.monotonic() + timeout_seconds
    with session(database_url) as connection:
        beat(connection)
        while True:
            reached = progress(client, service)
            if reached and reached.position >= wanted:
                return
            if time.monotonic() > deadline:
                at = lsn_text(reached.lsn) if reached else "no position at all"
                raise NotCaughtUpError(
                    f"{service}: ClickHouse is at {at}, not yet at {lsn_text(seen.lsn)}, after {timeout_seconds:.1f} s;"
                    " is `python -m cdc run` running? `python -m cdc lag` tells more"
                )
            time.sleep(_POLL_SECONDS)


def _epoch(client: Client, service: str) -> int:
    epoch = current_epoch(client, service)
    if epoch is None:
        raise NotCaughtUpError(f"{service}: nothing was captured yet; is `python -m cdc run` running?")
    return epoch.number


def _newest_copy(client: Client, table: CapturedTable) -> TableCopy | None:
    return newest_copies(client, table.service, _epoch(client, table.service)).get(table.name)


def _wait_until_copied(client: Client, table: CapturedTable, deadline: float) -> TableCopy:
    while True:
        copy = _newest_copy(client, table)
        if copy is not None and copy.finished:
            return copy
        if time.monotonic() > deadline:
            how = f"{copy.stage} ({copy.reason})" if copy else "not begun"
            raise NotCaughtUpError(
                f"{table}: its copy is not finished: {how}; is `python -m cdc run` running?"
                " `python -m cdc lag` tells more"
            )
        time.sleep(_POLL_SECONDS)
