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


@dataclass(frozen=True)
class Switch:
    """One service's way from one source to the other.

    forget_connector: ends the connector, with how far it had come, where that is not to go on; patience_seconds: how
    long to wait until what Kafka holds is stored.
    """

    connection: Connection
    client: Client
    service: str
    patience_seconds: float
    forget_connector: Callable[[], None]

    def to(self, source: Source) -> Outcome:
        """Have changes come by way of `source` from the next start of capture on, and clean up what the other one left.

        NotReadyError where there is nothing to go over from without a gap, or what Kafka holds is not stored in time.
        """
        require_alone(self.connection, self.service)
        epoch = current_epoch(self.client, self.service)
        before, since = _source_in_use(self.connection, self.client, self.service), None
        begun = epoch is not None and bool(copies(self.client, self.service, epoch.number))
        if begun and before is None:
            raise NotReadyError(
                f"{self.service}: by which source its changes come was never recorded: start `python -m cdc run`"
                " once as it was, and say this again"
            )
        if begun and before is source.other:
            since = self._go_over(source)
        elif before is not source:
            # Nothing rests on a slot yet.
            record_source(self.client, self.service, position(epoch.number if epoch else 0, 0), source)
        if source is Source.SLOT:
            self.forget_connector()
        old, new = slot_of(source.other, self.service), slot_of(source, self.service)
        return Outcome(source, since, _clean_up(self.connection, old, new))

    def _go_over(self, source: Source) -> str:
        old, new = slot_of(source.other, self.service), slot_of(source, self.service)
        state = slot_state(self.connection, old)
        if state.lost or not state.exists:
            raise NotReadyError(
                f"{self.service}: replication slot {old} {state.lost or 'is gone'}: there is a gap already, which"
                f" `python -m cdc recover {self.service} --source {source}` closes by copies"
            )
        if source is Source.KAFKA:
            # It would go on where it once was, which is not where its slot begins now.
            self.forget_connector()
        if slot_state(self.connection, new).exists:
            require_unread(self.connection, self.service, new)
            drop_slot(self.connection, new)
        rows(self.connection, _COPY, old, new)
        begins = str(rows(self.connection, _CONFIRMED, new)[0][0])
        try:
            number = self._await_stored(begins)
        except BaseException:
            # Nobody would read it, and PostgreSQL would keep WAL for it.
            drop_slot(self.connection, new)
            raise
        record_source(self.client, self.service, position(number, lsn_number(begins)), source)
        _log.info("%s: its changes come by way of %s from %s on", self.service, source, begins)
        return begins

    def _await_stored(self, begins: str) -> int:
        """Return, with the epoch's number, once all from before the new slot is stored, and not in Kafka alone."""
        deadline = time.monotonic() + self.patience_seconds
        while True:
            epoch, reached = current_epoch(self.client, self.service), progress(self.client, self.service)
            if epoch and reached and reached.position >= position(epoch.number, lsn_number(begins)):
                return epoch.number
            if time.monotonic() > deadline:
                stored = f"up to {lsn_text(reached.lsn)} only" if reached else "nowhere"
                raise NotReadyError(
                    f"{self.service}: what was delivered up to {begins} is stored {stored}: is `python -m cdc run`"
                    " running as it was? Its changes come as they did; say this again once it has caught up"
                )
            time.sleep(_POLL_SECONDS)


def require_source(connection: Connection, client: Client, service: str, epoch: Epoch, source: Source) -> None:
    """Raise NotReadyError where a service's copies rest on the other source's slot: a gap would lie between."""
    if _source_in_use(connection, client, service) is source.other and copies(client, service, epoch.number):
        raise NotReadyError(
            f"{service}: its changes come by way of {source.other}, and {source} is asked for:"
            f" `python -m cdc switch {source} {service}` goes over without a gap"
        )


def _source_in_use(connection: Connection, client: Client, service: str) -> Source | None:
    """The source that was recorded; of what began before any was, the one whose slot alone is there, if it is so."""
    if recorded := source_in_effect(client, service):
        return recorded
    there = [source for source in Source if slot_state(connection, slot_of(source, service)).exists]
    return there[0] if len(there) == 1 else None


def _clean_up(connection: Connection, old: str, new: str) -> str | None:
    """Drop the old slot if nobody reads it and the new one is there; its name if somebody still does."""
    standing, left = slot_state(connection, new), slot_state(connection, old)
    if not standing.exists or standing.lost or not left.exists:
        return None
    if left.active:
        return old
    drop_slot(connection, old)
    return None
