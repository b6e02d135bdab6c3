"""Epochs: whether the stream goes on where it was, and if it cannot, a new epoch in which everything is copied anew.

A gap must never pass silently, and needs nobody's help to be closed: copies bring what changed in it, and tombstones
tell what is gone. Only where PostgreSQL may be the wrong one somebody is asked.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from clickhouse_connect.driver import Client

from cdc.bookkeeping.copies import FIRST_COPY, NEW_EPOCH, copies, newest_copies, want_copies
from cdc.bookkeeping.epochs import Epoch, current_epoch, record_epoch
from cdc.bookkeeping.progress import Progress, progress
from cdc.bookkeeping.sources import record_source, source_in_effect
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.sources import Source, slot_of
from cdc.catalog.version import position
from cdc.postgres import Connection, lsn_number, lsn_text, rows
from cdc.source.set_up import require_alone, require_unread
from cdc.source.slot_creation import ensure_slot
from cdc.source.slot_setup import NotReadyError, SlotState, drop_slot, slot_state
from cdc.source.switch import require_source

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL cluster: which one, on which timeline, and up to where it has written WAL."""

    identifier: int
    timeline: int
    written: int


def cluster_of(connection: Connection) -> Cluster:
    """The cluster at the other end."""
    identifier, timeline, written = rows(
        connection,
        # The last checkpoint's timeline would lag behind a promotion.
        "SELECT system_identifier, ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int,"
        " pg_current_wal_insert_lsn()::text FROM pg_control_system()",
    )[0]
    return Cluster(identifier, timeline, lsn_number(written))


def ensure_epoch(
    connection: Connection,
    database_url: str,
    client: Client,
    catalog: ServiceCatalog,
    *,
    stopped: Callable[[], bool] = lambda: False,
    source: Source = Source.SLOT,
    free: Callable[[], None] = lambda: None,
) -> int:
    """The number of the epoch to stream in, with its slot made and its copies wanted; a new one where there is a gap.

    free: called before a slot that somebody may read is dropped, to end who does.
    NotReadyError if PostgreSQL is another cluster, if the copies rest on the other source's slot, or while another
    process sets capture up; StoppedError when told to stop while the slot is made.
    """
    service = catalog.service
    require_alone(connection, service)
    # What is stored is asked for first: PostgreSQL has written that much for certain, unless it was put back.
    known: Epoch | None = current_epoch(client, service)
    reached = progress(client, service)
    cluster = cluster_of(connection)
    if known is None:
        known = _begin(client, service, _epoch(cluster, 1, "first start"), source)
    elif known.system_identifier != cluster.identifier:
        raise NotReadyError(_another_cluster(service, known, cluster))
    require_source(connection, client, service, known, source)
    slot = slot_of(source, service)
    state, begun = slot_state(connection, slot), bool(copies(client, service, known.number))
    if gap := gap_before(known, cluster, reached, state, copies_begun=begun):
        _log.warning("%s: a new epoch begins, in which everything is copied anew: %s", service, gap)
        free()
        drop_slot(connection, slot)
        known = _begin(client, service, _epoch(cluster, known.number + 1, gap), source)
    elif state.lost:
        drop_slot(connection, slot)
    ensure_slot(connection, database_url, slot, stopped)
    if source_in_effect(client, service) is not source:
        record_source(client, service, position(known.number, 0), source)
    _want_missing_copies(connection, client, catalog, known)
    return known.number


def described(connection: Connection, client: Client, service: str) -> str:
    """The cluster at the other end beside the one that was captured, in words; NotReadyError if there was none."""
    known, cluster = _known(client, service), cluster_of(connection)
    return (
        f"cluster {cluster.identifier} on timeline {cluster.timeline}, in place of cluster {known.system_identifier}"
        f" on timeline {known.timeline}?"
    )


def begin_epoch(
    connection: Connection, client: Client, service: str, reason: str, source: Source | None = None
) -> Epoch:
    """Begin a new epoch with whatever cluster is at the other end; the next start of capture copies everything anew.

    source: whence changes are to come in it, None for the one they come from.
    NotReadyError if nothing was captured yet, or while capture runs.
    """
    require_alone(connection, service)
    known = _known(client, service)
    slots = [slot_of(each, service) for each in Source]
    for slot in slots:
        require_unread(connection, service, slot)
    for slot in slots:
        drop_slot(connection, slot)
    source = source or source_in_effect(client, service) or Source.SLOT
    return _begin(client, service, _epoch(cluster_of(connection), known.number + 1, reason), source)


def gap_before(
    known: Epoch, cluster: Cluster, reached: Progress | None, slot: SlotState, *, copies_begun: bool
) -> str | None:
    """Why the stream cannot go on where it was, None if it can; copies rest on the slot once they were begun."""
    if known.timeline != cluster.timeline:
        return (
            f"PostgreSQL is on timeline {cluster.timeline} and was on {known.timeline}: it was restored or failed over"
        )
    if reached and reached.position > position(known.number, cluster.written):
        return (
            f"ClickHouse holds changes up to {lsn_text(reached.lsn)}, and PostgreSQL has written only up to"
            f" {lsn_text(cluster.written)}: it was put back to an earlier state"
        )
    if copies_begun and not slot.exists:
        return "the replication slot was gone"
    if copies_begun and slot.lost:
        return f"the replication slot was invalidated ({slot.lost})"
    return None


def _known(client: Client, service: str) -> Epoch:
    known = current_epoch(client, service)
    if known is None:
        raise NotReadyError(f"{service}: nothing was captured yet: there is nothing to recover")
    return known


def _epoch(cluster: Cluster, number: int, reason: str) -> Epoch:
    return Epoch(number, cluster.identifier, cluster.timeline, reason)


def _begin(client: Client, service: str, epoch: Epoch, source: Source) -> Epoch:
    record_epoch(client, service, epoch)
    record_source(client, service, position(epoch.number, 0), source)
    return epoch


def _want_missing_copies(connection: Connection, client: Client, catalog: ServiceCatalog, epoch: Epoch) -> None:
    standing = newest_copies(client, catalog.service, epoch.number)
    before = newest_copies(client, catalog.service, epoch.number - 1)
    missing = [table.name for table in catalog.tables if table.name not in standing]
    reasons = [(name, f"{NEW_EPOCH}: {epoch.reason}" if name in before else FIRST_COPY) for name in missing]
    want_copies(client, catalog.service, epoch.number, cluster_of(connection).written, reasons)


def _another_cluster(service: str, known: Epoch, cluster: Cluster) -> str:
    return (
        f"{service}: ClickHouse's copy is of PostgreSQL cluster {known.system_identifier}, and this is cluster"
        f" {cluster.identifier}: it may be the wrong one; if it is the right one, run `python -m cdc recover {service}`"
    )
