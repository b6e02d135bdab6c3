"""Going over from one source to the other, on a running system: nothing is lost, and what comes twice is the same.

The slot of the new source is a copy of the old one's, so it begins where that one was acknowledged: each change comes
from one of them at least, and as the same version from both. The old one may go on meanwhile, or be stopped already.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from clickhouse_connect.driver import Client

from cdc.bookkeeping.copies import copies
from cdc.bookkeeping.epochs import Epoch, current_epoch
from cdc.bookkeeping.progress import progress
from cdc.bookkeeping.sources import record_source, source_in_effect
from cdc.catalog.sources import Source, slot_of
from cdc.catalog.version import position
from cdc.postgres import Connection, lsn_number, lsn_text, rows
from cdc.source.set_up import require_alone, require_unread
from cdc.source.slot_setup import NotReadyError, drop_slot, slot_state

_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.1
_COPY = "SELECT pg_copy_logical_replication_slot(%s, %s)"
_CONFIRMED = "SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = %s"


@dataclass(frozen=True)
class Outcome:
    """What a service comes by from its next start on: since which LSN if it was changed now, and what still reads.

    still_read: the old source's slot, while somebody reads it; PostgreSQL keeps WAL for it.
    """

    source: Source
    since: str | None
    still_read: str | None


def switch(
    connection: Connection,
    client: Client,
    service: str,
    source: Source,
    patience_seconds: float,
    forget_connector: Callable[[], None],
) -> Outcome:
    """Have a service's changes come by way of `source` from the next start of capture on, and clean the other up.

    forget_connector: ends the connector, with how far it had come, where that is not to go on.
    NotReadyError where there is nothing to go over from without a gap, or what Kafka holds is not stored in time.
    """
    require_alone(connection, service)
    epoch = current_epoch(client, service)
    before = source_in_effect(client, service) or source.other
    since = None
    if epoch is not None and before is source.other and copies(client, service, epoch.number):
        since = _go_over(connection, client, service, source, patience_seconds, forget_connector)
    elif before is not source:
        # Nothing rests on a slot yet.
        record_source(client, service, position(epoch.number if epoch else 0, 0), source)
    if source is Source.SLOT:
        forget_connector()
    return Outcome(source, since, _clean_up(connection, slot_of(source.other, service), slot_of(source, service)))


def require_source(client: Client, service: str, epoch: Epoch, source: Source) -> None:
    """Raise NotReadyError where a service's copies rest on the other source's slot: a gap would lie between."""
    if source_in_effect(client, service) is source.other and copies(client, service, epoch.number):
        raise NotReadyError(
            f"{service}: its changes come by way of {source.other}, and {source} is asked for:"
            f" `python -m cdc switch {source} {service}` goes over without a gap"
        )


def _go_over(
    connection: Connection,
    client: Client,
    service: str,
    source: Source,
    patience_seconds: float,
    forget_connector: Callable[[], None],
) -> str:
    old, new = slot_of(source.other, service), slot_of(source, service)
    state = slot_state(connection, old)
    if state.lost or not state.exists:
        raise NotReadyError(
            f"{service}: replication slot {old} {state.lost or 'is gone'}: there is a gap already, which"
            f" `CDC_SOURCE={source} python -m cdc recover {service}` closes by copies"
        )
    if source is Source.KAFKA:
        # It would go on where it once was, which is not where its slot begins now.
        forget_connector()
    if slot_state(connection, new).exists:
        require_unread(connection, service, new)
        drop_slot(connection, new)
    rows(connection, _COPY, old, new)
    begins = str(rows(connection, _CONFIRMED, new)[0][0])
    _await_stored(client, service, begins, patience_seconds)
    epoch = current_epoch(client, service)
    record_source(client, service, position(epoch.number if epoch else 0, lsn_number(begins)), source)
    _log.info("%s: its changes come by way of %s from %s on", service, source, begins)
    return begins


def _await_stored(client: Client, service: str, begins: str, patience_seconds: float) -> None:
    """Return once everything from before the new slot is stored: what Kafka holds, PostgreSQL takes for delivered."""
    deadline = time.monotonic() + patience_seconds
    while True:
        epoch, reached = current_epoch(client, service), progress(client, service)
        if epoch and reached and reached.position >= position(epoch.number, lsn_number(begins)):
            return
        if time.monotonic() > deadline:
            stored = lsn_text(reached.lsn) if reached else "nothing"
            raise NotReadyError(
                f"{service}: what was delivered up to {begins} is stored up to {stored} only: is `python -m cdc run`"
                " running as it was? Its changes come as they did; say this again once it has caught up"
            )
        time.sleep(_POLL_SECONDS)


def _clean_up(connection: Connection, old: str, new: str) -> str | None:
    """Drop the old slot if nobody reads it and the new one is there; its name if somebody still does."""
    if not slot_state(connection, new).exists or not slot_state(connection, old).exists:
        return None
    if slot_state(connection, old).active:
        return old
    drop_slot(connection, old)
    return None
