"""What a slot needs before it is read: a publication that holds the catalog, the slot itself, and an epoch."""

import logging

from clickhouse_connect.driver import Client

from cdc.bookkeeping import Epoch, current_epoch, progress, record_epoch, snapshots
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.postgres_ddl import (
    PUBLICATION,
    WHOLE_PUBLICATION,
    WHOLE_TABLE,
    slot_name,
    without_whole_old_rows,
)
from cdc.catalog.version import position
from cdc.postgres import Connection, lsn_number, lsn_text, rows

_log = logging.getLogger(__name__)
_RUN_MIGRATIONS = "run `python -m migrations upgrade`"


class NotReadyError(RuntimeError):
    """PostgreSQL is not set up for capture, or is not the one that was captured before; the message says more."""


def require_published(connection: Connection, catalog: ServiceCatalog) -> None:
    """Raise NotReadyError unless the publication holds exactly the catalog's tables, each with its whole old rows."""
    whole = rows(connection, f"SELECT {WHOLE_PUBLICATION} FROM pg_publication WHERE pubname = %s", PUBLICATION)
    filtered = rows(
        connection,
        "SELECT c.relname FROM pg_publication p JOIN pg_publication_rel ON prpubid = p.oid"
        f" JOIN pg_class c ON c.oid = prrelid WHERE pubname = %s AND NOT ({WHOLE_TABLE})",
        PUBLICATION,
    )
    if filtered or whole == [(False,)]:
        raise NotReadyError(
            f"{catalog.service}: publication {PUBLICATION} leaves out rows, columns or kinds of change;"
            f" {_RUN_MIGRATIONS}"
        )
    published = rows(
        connection,
        "SELECT schemaname::text, tablename::text FROM pg_publication_tables WHERE pubname = %s",
        PUBLICATION,
    )
    wanted = set(catalog.by_name)
    found = set(published)
    if wanted != found:
        missing = ", ".join(f"{schema}.{name}" for schema, name in sorted(wanted - found)) or "nothing"
        surplus = ", ".join(f"{schema}.{name}" for schema, name in sorted(found - wanted)) or "nothing"
        raise NotReadyError(
            f"{catalog.service}: publication {PUBLICATION} lacks {missing} and has {surplus} too much;"
            f" {_RUN_MIGRATIONS}"
        )
    partial = [f"{schema}.{name}" for schema, name in rows(connection, without_whole_old_rows(catalog))]
    if partial:
        raise NotReadyError(f"{catalog.service}: {', '.join(partial)} without REPLICA IDENTITY FULL; {_RUN_MIGRATIONS}")


def ensure_epoch(connection: Connection, client: Client, service: str) -> int:
    """The current epoch's number; begins the first one. NotReadyError if PostgreSQL is not the one it began with."""
    identifier, timeline = rows(
        connection,
        # The last checkpoint's timeline would lag behind a promotion.
        "SELECT system_identifier, ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int"
        " FROM pg_control_system()",
    )[0]
    known = current_epoch(client, service)
    if known is None:
        record_epoch(client, service, Epoch(1, identifier, timeline), "first start")
        return 1
    if (known.system_identifier, known.timeline) != (identifier, timeline):
        raise NotReadyError(
            f"{service}: ClickHouse's copy is of cluster {known.system_identifier} on timeline {known.timeline},"
            f" but this PostgreSQL is cluster {identifier} on timeline {timeline}: it was restored, failed over or"
            " exchanged, and its WAL positions cannot be compared with those stored"
        )
    reached, here = (
        progress(client, service),
        lsn_number(rows(connection, "SELECT pg_current_wal_insert_lsn()::text")[0][0]),
    )
    if reached and reached.position > position(known.number, here):
        raise NotReadyError(
            f"{service}: ClickHouse holds changes up to {lsn_text(reached.lsn)}, but this PostgreSQL has written only"
            f" up to {lsn_text(here)}: it was put back to an earlier state, so new changes would sort before older ones"
        )
    return known.number


def ensure_slot(connection: Connection, client: Client, service: str, epoch: int) -> None:
    """Create the slot if it is not there. NotReadyError if it is gone or lost though copies rest on it."""
    name = slot_name(service)
    found = rows(
        connection, "SELECT wal_status, invalidation_reason FROM pg_replication_slots WHERE slot_name = %s", name
    )
    if not found and snapshots(client, service, epoch):
        raise NotReadyError(
            f"{service}: replication slot {name} is gone though copies were begun on it: changes may be missing"
        )
    if found and found[0][0] == "lost":
        raise NotReadyError(f"{service}: replication slot {name} was invalidated ({found[0][1]}): changes are missing")
    if not found:
        _log.info("%s: creating replication slot %s", service, name)
        rows(connection, "SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", name)
