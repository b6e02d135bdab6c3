"""The declaration of what change data capture carries of a table, written beside its model."""

from dataclasses import dataclass
from datetime import timedelta

INFO_KEY = "capture"
# The logical message by which a transaction says who writes: the services send it, capture joins it to their changes.
ACTOR_PREFIX = "huleedu.actor"


@dataclass(frozen=True)
class Capture:
    """What of a table is captured; a table without one is not captured at all.

    exclude: columns that never leave PostgreSQL; subject: the column that names the person whose data a row is;
    retain: how long a row's superseded versions are kept in ClickHouse, for ever if None.
    """

    exclude: frozenset[str] = frozenset()
    subject: str | None = None
    retain: timedelta | None = None

    def info(self) -> dict[str, "Capture"]:
        """The entry for a table's `info`: `__table_args__ = {"info": Capture(...).info()}`."""
        return {INFO_KEY: self}
