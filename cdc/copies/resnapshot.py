"""Asking the running capture for a copy of a table, and waiting for it."""

import time
from collections.abc import Callable

from clickhouse_connect.driver import Client

from cdc.bookkeeping.copies import ASKED_FOR, TableCopy, newest_copies, want_copies
from cdc.bookkeeping.epochs import current_epoch
from cdc.catalog.model import CapturedTable
from cdc.catalog.postgres_ddl import debezium_slot_name, slot_name
from cdc.postgres import Connection, rows, session
from cdc.source.heartbeat import beat
from cdc.source.slot_setup import NotReadyError

_POLL_SECONDS = 0.1
# A stream that begins again after a failure is not read for a moment.
_PATIENCE_SECONDS = 10.0


def copy_anew(table: CapturedTable, database_url: str, client: Client, say: Callable[[str], None]) -> TableCopy:
    """Ask for a copy and return it once it is finished; `say` is told how far it is.

    NotReadyError if nothing was captured yet, or if nobody reads the slot, who would carry it out.
    """
    with session(database_url) as connection:
        # The position of something written just now, so that no earlier copy answers the wish.
        want_copies(client, table.service, _epoch(client, table), beat(connection), [(table.name, ASKED_FOR)])
        return _once_copied(table, connection, client, say)


def _once_copied(table: CapturedTable, connection: Connection, client: Client, say: Callable[[str], None]) -> TableCopy:
    said, read_at = "", time.monotonic()
    # In a new epoch every table is wanted, so that the wish is never lost.
    while (copy := newest_copies(client, table.service, _epoch(client, table)).get(table.name)) is None or (
        not copy.finished
    ):
        if copy and copy.stage != said:
            said = copy.stage
            say(f"{table}: {said}")
        if _is_read(connection, table.service):
            read_at = time.monotonic()
        elif time.monotonic() - read_at > _PATIENCE_SECONDS:
            raise NotReadyError(
                f"{table}: nobody reads this database; the copy is asked for, and is made once `python -m cdc run` runs"
            )
        time.sleep(_POLL_SECONDS)
    return copy


def _epoch(client: Client, table: CapturedTable) -> int:
    epoch = current_epoch(client, table.service)
    if epoch is None:
        raise NotReadyError(f"{table.service}: nothing was captured yet; is `python -m cdc run` running?")
    return epoch.number


def _is_read(connection: Connection, service: str) -> bool:
    active = "SELECT 1 FROM pg_replication_slots WHERE slot_name IN (%s, %s) AND active"
    return bool(rows(connection, active, slot_name(service), debezium_slot_name(service)))
