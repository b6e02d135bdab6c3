"""What a slot needs before it is read, a publication that holds the catalog, and how the slot itself stands."""

import logging
from dataclasses import dataclass

from cdc.catalog.model import ServiceCatalog
from cdc.catalog.partition_truncates import without_trigger
from cdc.catalog.postgres_ddl import (
    PUBLICATION,
    WHOLE_PUBLICATION,
    WHOLE_TABLE,
    without_whole_old_rows,
)
from cdc.postgres import Connection, rows, session

_log = logging.getLogger(__name__)
_RUN_MIGRATIONS = "run `python -m migrations upgrade`, or `python -m cdc adopt` anew if it was adopted"


@dataclass(frozen=True)
class SlotState:
    """Whether a slot is there, whether somebody reads it, and why PostgreSQL gave it up, None if it did not."""

    exists: bool
    active: bool = False
    lost: str | None = None


class NotReadyError(RuntimeError):
    """PostgreSQL is not set up for capture, or is not the one that was captured before; the message says more."""


def require_published(connection: Connection, catalog: ServiceCatalog) -> None:
    """Raise NotReadyError unless the publication holds exactly the catalog's tables, each with what capture needs."""
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
    silent = [f"{schema}.{name}" for schema, name in rows(connection, without_trigger(catalog))]
    if silent:
        raise NotReadyError(
            f"{catalog.service}: {', '.join(silent)} without the trigger that tells its TRUNCATE; {_RUN_MIGRATIONS}"
        )


def slot_state(connection: Connection, slot: str) -> SlotState:
    """How a slot stands."""
    found = rows(
        connection,
        "SELECT active, wal_status, invalidation_reason FROM pg_replication_slots WHERE slot_name = %s",
        slot,
    )
    if not found:
        return SlotState(exists=False)
    [(active, status, reason)] = found
    return SlotState(exists=True, active=active, lost=(reason or "WAL removed") if reason or status == "lost" else None)


def require_kept(database_url: str, slot: str) -> None:
    """Raise NotReadyError once PostgreSQL has the slot no more, or gave up what it held."""
    with session(database_url) as connection:
        state = slot_state(connection, slot)
    if state.lost or not state.exists:
        raise NotReadyError(f"replication slot {slot} {state.lost or 'is gone'}")


def drop_slot(connection: Connection, slot: str) -> None:
    """Drop the slot if it is there; psycopg2's ObjectInUse if somebody reads it."""
    if slot_state(connection, slot).exists:
        _log.warning("dropping replication slot %s", slot)
        rows(connection, "SELECT pg_drop_replication_slot(%s)", slot)
