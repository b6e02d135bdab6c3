"""A lane: the records of one topic that wait to be stored together; one batch of it is stored at a time."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cdc.kafka.offsets import Partition


class Record(Protocol):
    """A record as it was consumed; a value of None is Kafka's own tombstone, which says nothing new."""

    @property
    def topic(self) -> str:
        """The topic it is of."""

    @property
    def partition(self) -> int:
        """The partition it is of."""

    @property
    def offset(self) -> int:
        """Its place there."""

    @property
    def key(self) -> bytes | None:
        """The row's primary key as JSON."""

    @property
    def value(self) -> bytes | None:
        """The change as JSON."""


@dataclass(frozen=True)
class LaneLimits:
    """How many rows and bytes may wait in one lane, and how many bytes in all lanes of a service."""

    rows: int
    bytes: int

    @property
    def bytes_together(self) -> int:
        """What all lanes may hold together: a batch that is stored, and one that fills meanwhile."""
        return 2 * self.bytes


@dataclass(frozen=True)
class Taken:
    """Records of one topic in the order of each partition, with their values' bytes in all."""

    records: Sequence[Record]
    size: int

    @property
    def values(self) -> list[bytes]:
        """The values, without Kafka's tombstones."""
        return [record.value for record in self.records if record.value is not None]

    @property
    def ends(self) -> dict[Partition, int]:
        """Behind the last record of each partition."""
        # Of each partition the last one wins; what is made of a record is made of that one alone.
        last = {record.partition: record for record in self.records}
        return {Partition(each.topic, number): each.offset + 1 for number, each in last.items()}


class Lane:
    """Filled by the reader while another thread takes everything and stores it."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._records, self._size = list[Record](), 0
        self._guard = threading.Lock()

    def __len__(self) -> int:
        return len(self._records)

    @property
    def size(self) -> int:
        """The bytes of the values that wait."""
        return self._size

    def add(self, records: Sequence[Record]) -> None:
        """Let records wait, those of a partition in its order."""
        size = sum(len(record.value) for record in records if record.value is not None)
        with self._guard:
            self._records.extend(records)
            self._size += size

    def take(self) -> Taken:
        """Everything that waits, which then waits no more."""
        with self._guard:
            taken = Taken(self._records, self._size)
            self._records, self._size = [], 0
        return taken


def full(lanes: Sequence[Lane], limits: LaneLimits) -> set[str]:
    """The topics of which nothing more should be read for now."""
    if sum(lane.size for lane in lanes) >= limits.bytes_together:
        # One that is empty can still be filled: a table without much traffic does not wait for the others.
        return {lane.topic for lane in lanes if lane}
    return {lane.topic for lane in lanes if len(lane) >= limits.rows or lane.size >= limits.bytes}
