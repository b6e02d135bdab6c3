"""The declaration of what change data capture carries of a table, written beside its model."""

from dataclasses import dataclass
from datetime import timedelta

INFO_KEY = "capture"
# The logical message by which a transaction says who writes: the services send it, capture joins it to their changes.
ACTOR_PREFIX = "huleedu.actor"


@dataclass(frozen=True)
class Publication:
    """Which columns of a row that is inserted are the parts of a message, so that the table is an outbox.

    topic: the column that names where to; headers: names of headers, each with its column. The message's value is the
    payload's text as it stands, and a header `id` is the event's id.
    """

    event_id: str
    topic: str
    key: str
    payload: str
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """All that a message is made of."""
        return frozenset({self.event_id, self.topic, self.key, self.payload, *(column for _, column in self.headers)})


@dataclass(frozen=True)
class Capture:
    """What of a table is captured; a table without one is not captured at all.

    exclude: columns that never leave PostgreSQL; subject: the column that names the person whose data a row is;
    retain: how long a row's superseded versions are kept in ClickHouse, for ever if None; published: what is also sent
    to topics of Kafka, where there is one, whenever a row is inserted.
    """

    exclude: frozenset[str] = frozenset()
    subject: str | None = None
    retain: timedelta | None = None
    published: Publication | None = None

    def info(self) -> dict[str, "Capture"]:
        """The entry for a table's `info`: `__table_args__ = {"info": Capture(...).info()}`."""
        return {INFO_KEY: self}
