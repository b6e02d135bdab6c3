"""Setting a service's capture up is done by one process at a time, and no slot is dropped under its reader."""

import time

from cdc.postgres import Connection, rows
from cdc.source.slot_setup import NotReadyError, slot_state

# A reader that has ended is gone a moment later.
_PATIENCE_SECONDS, _POLL_SECONDS = 3.0, 0.05
_LOCK = "hashtext('huleedu_cdc set-up')"


def require_alone(connection: Connection, service: str) -> None:
    """Of two that begin at once one must wait: it would drop the slot that the other one's copies rest on.

    The lock is held until the connection ends. NotReadyError while another process has it.
    """
    if not rows(connection, f"SELECT pg_try_advisory_lock({_LOCK})")[0][0]:
        raise NotReadyError(f"{service}: another process is setting capture up")


def require_unread(connection: Connection, service: str, slot: str) -> None:
    """Raise NotReadyError unless nobody reads the slot, or who does ends soon."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while slot_state(connection, slot).active:
        if time.monotonic() > deadline:
            raise NotReadyError(f"{service}: somebody reads its slot {slot}; is it `python -m cdc run`? stop it first")
        time.sleep(_POLL_SECONDS)
