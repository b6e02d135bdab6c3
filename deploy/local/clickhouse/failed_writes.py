"""Writes that failed beneath the engine, which goes on as if they had been done: then nothing more is confirmed.

chDB takes no notice where the file system refuses a write, as a full disk does: an insert is answered as done whose
files are empty, and a merge puts such files in the place of good ones. But it counts them. So a change is confirmed
after a look at that counter alone, and the process ends once it is not zero: the next start leaves out parts that are
broken, and takes up again what they replaced (kept for a while, see `cdc/catalog/clickhouse_schema.py`).
"""

from collections.abc import Callable
from typing import TypeVar

from deploy.local.clickhouse.engine import Engine
from deploy.local.clickhouse.errors import NOT_ENOUGH_SPACE, ClickHouseError

Result = TypeVar("Result")
_COUNTED = "SELECT value FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'"


class FailedWritesError(Exception):
    """What the engine stored cannot be relied on before it was started again."""


def failed_writes(engine: Engine) -> int:
    """How many writes have failed since the engine was opened."""
    with engine.handle() as handle:
        counted: bytes = handle.query(_COUNTED, "TabSeparatedRaw").bytes()
    return int(counted or 0)


def confirmed(engine: Engine, change: Callable[[], Result]) -> Result:
    """Do what changes something; ClickHouseError 243 if that, or anything before it, may not be on the disk."""
    done = change()
    if failed := failed_writes(engine):
        raise ClickHouseError(NOT_ENOUGH_SPACE, f"{failed} writes failed: what was sent may not be stored. Try again.")
    return done


def require_none_failed(engine: Engine) -> None:
    """Raise FailedWritesError if any write has failed."""
    if failed := failed_writes(engine):
        raise FailedWritesError(f"{failed} writes failed (is the disk full?): to be started again, to check all parts")
