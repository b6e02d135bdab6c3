"""A lane: the records of one topic that wait to be stored together; one batch of it is stored at a time."""

import threading
from collections.abc import Iterator, Sequence
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
    """How many rows and bytes are stored at once at most: a batch. What may wait is counted in batches.

    A lane is read on while one batch is stored and the next one waits: to fetch more takes a moment, and one that was
    empty by then would leave ClickHouse with nothing to do.
    """

    rows: int
    bytes: int

    @property
    def rows_waiting(self) -> int:
        """How many rows may wait in one lane."""
        return 2 * self.rows

    @property
    def bytes_waiting(self) -> int:
        """How many bytes may wait in one lane."""
        return 2 * self.bytes

    @property
    def bytes_together(self) -> int:
        """How many bytes may wait in all lanes of a service."""
        return 3 * self.bytes


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
    """Filled by the reader while another thread takes a batch after the other and stores it."""

    def __init__(self, topic: str, limits: LaneLimits) -> None:
        self.topic, self._limits = topic, limits
        self._records, self._size = list[Record](), 0
        self._guard = threading.Lock()

    def __len__(self) -> int:
        return len(self._records)

    @property
    def size(self) -> int:
        """The bytes of the values that wait."""
        return self._size

    @property
    def has_a_batch(self) -> bool:
        """Whether as much waits as is stored at once."""
        return len(self._records) >= self._limits.rows or self._size >= self._limits.bytes

    def add(self, records: Sequence[Record]) -> None:
        """Let records wait, those of a partition in its order."""
        size = sum(map(_size_of, records))
        with self._guard:
            self._records.extend(records)
            self._size += size

    def take(self) -> Taken:
        """All that waits, a batch of it at most, which then waits no more."""
        with self._guard:
            if len(self._records) <= self._limits.rows and self._size <= self._limits.bytes:
                taken = Taken(self._records, self._size)
                self._records, self._size = [], 0
                return taken
            batch = list(self._first_records())
            del self._records[: len(batch)]
            taken = Taken(batch, sum(map(_size_of, batch)))
            self._size -= taken.size
        return taken

    def _first_records(self) -> Iterator[Record]:
        """The first of those that wait, as many as make a batch, and one at least."""
        room = self._limits.bytes
        for record in self._records[: self._limits.rows]:
            yield record
            room -= _size_of(record)
            if room <= 0:
                return


def _size_of(record: Record) -> int:
    return len(record.value or b"")


def full(lanes: Sequence[Lane], limits: LaneLimits) -> set[str]:
    """The topics of which nothing more should be read for now."""
    if sum(lane.size for lane in lanes) >= limits.bytes_together:
        # One that is empty can still be filled: a table without much traffic does not wait for the others.
        return {lane.topic for lane in lanes if lane}
    return {lane.topic for lane in lanes if len(lane) >= limits.rows_waiting or lane.size >= limits.bytes_waiting}
