"""Tombstones of a copy: stored and accounted for, so that each is a change of the copy's own transaction."""

from datetime import UTC, datetime, timedelta

from clickhouse_connect.driver import Client

from cdc.bookkeeping.copies import TableCopy
from cdc.catalog.model import CapturedTable
from cdc.catalog.tombstone_sql import count_gone, count_told, insert_tombstones
from cdc.catalog.version import COPIED_RANK, DELETION_RANK, version
from cdc.clickhouse import INSERT_SETTINGS, insert_row, rows_of


def delete_what_is_gone(client: Client, table: CapturedTable, copied: TableCopy, kept: str) -> int:
    """Give each key that the copy did not find a deletion; how many. `kept` is ClickHouse's condition for kept rows.

    To be called once the stream has passed the copy's end. To repeat it, or to go on after a cut, adds nothing.
    """
    parameters = {
        "copied": version(copied.epoch, copied.lsn, COPIED_RANK),
        "tombstone": version(copied.epoch, copied.lsn, DELETION_RANK),
        "passed": version(copied.epoch, copied.copied_to, COPIED_RANK),
        "xid": copied.xid,
        "taken_us": copied.taken_us,
    }
    [(count,)] = rows_of(client, count_gone(table, kept), parameters)
    if count:
        # Said first: a change whose transaction is not known must not be seen.
        _record_transaction(client, table.service, copied, count)
        client.command(insert_tombstones(table, kept), parameters, settings=INSERT_SETTINGS)
        [(told,)] = rows_of(client, count_told(table), parameters)
        if told != count:
            # A key came again between the two parts of one question, or was parked meanwhile.
            _record_transaction(client, table.service, copied, told)
        return int(told)
    return 0


def _record_transaction(client: Client, service: str, copied: TableCopy, changes: int) -> None:
    taken = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=copied.taken_us)
    named = {"service": service, "epoch": copied.epoch, "xid": copied.xid}
    actor = {"lsn": copied.lsn, "reason": f"not found by a copy: {copied.reason}"}
    insert_row(client, "cdc.actors", {**named, "commit_time": taken, **actor})
    # As `transaction_time` has it.
    taken_ms = taken - timedelta(microseconds=taken.microsecond % 1000)
    counted = {"commit_lsn": copied.lsn, "changes": changes}
    insert_row(client, "cdc.transactions", {**named, "commit_time": taken_ms, **counted})
