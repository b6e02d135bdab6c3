"""A lane: the records of one topic that wait to be stored in batches; no two being stored share a partition."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
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

    A lane is read on while the next batches wait: to fetch more takes a moment, and one that was empty by then would
    leave ClickHouse with nothing to do.
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
        """How many bytes may be in all lanes of a service, those that are being stored among them."""
        return 4 * self.bytes


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


@dataclass
class _Waiting:
    """Records of one partition, with their values' bytes in all."""

    records: list[Record]
    size: int

    def first(self, rows: int, size: int) -> "_Waiting":
        """Take off as many as there is room for, and one at least; the last one may be too large for what is left."""
        if len(self.records) <= rows and self.size <= size:
            taken = _Waiting(self.records, self.size)
        else:
            until = takewhile(lambda before: before < size, accumulate(map(_size_of, self.records), initial=0))
            count = min(rows, sum(1 for _ in until))
            first = self.records[:count]
            taken = _Waiting(first, sum(map(_size_of, first)))
        self.records, self.size = self.records[len(taken.records) :], self.size - taken.size
        return taken


class Lane:
    """Filled by the reader while other threads take batches and store them, those of one partition one after another.

    Partitions wait in line: a batch is of those that came first, and what is left of one that was cut goes behind the
    others.
    """

    def __init__(self, topic: str, limits: LaneLimits) -> None:
        self.topic, self._limits = topic, limits
        self._line: dict[int, _Waiting] = {}
        self._under_way = set[int]()
        self._rows = self._size = self._size_under_way = 0
        self._guard = threading.Lock()

    def __len__(self) -> int:
        return self._rows

    @property
    def size(self) -> int:
        """The bytes of the values that wait."""
        return self._size

    @property
    def size_held(self) -> int:
        """The bytes of the values that wait or are being stored."""
        return self._size + self._size_under_way

    @property
    def is_being_stored(self) -> bool:
        """Whether a batch was taken that is not stored yet."""
        return bool(self._under_way)

    def add(self, records: Sequence[Record]) -> None:
        """Let records of one partition wait, in its order."""
        if not records:
            return
        size = sum(map(_size_of, records))
        with self._guard:
            waiting = self._line.setdefault(records[0].partition, _Waiting([], 0))
            waiting.records.extend(records)
            waiting.size += size
            self._rows += len(records)
            self._size += size

    @property
    def is_ready(self) -> bool:
        """Whether something waits of a partition of which nothing is being stored."""
        with self._guard:
            return bool(self._free())

    @property
    def is_worth_an_insert(self) -> bool:
        """Whether half a batch or more is ready: enough to be stored beside another one, or right after it."""
        with self._guard:
            ready = [self._line[partition] for partition in self._free()]
        rows, size = sum(len(each.records) for each in ready), sum(each.size for each in ready)
        return 2 * rows >= self._limits.rows or 2 * size >= self._limits.bytes

    def take(self) -> Taken:
        """What is ready, a batch of it at most; nothing more of its partitions is until `stored`."""
        with self._guard:
            batch, size = list[Record](), 0
            for partition in self._free():
                if len(batch) >= self._limits.rows or size >= self._limits.bytes:
                    break
                waiting = self._line.pop(partition)
                first = waiting.first(self._limits.rows - len(batch), self._limits.bytes - size)
                if waiting.records:
                    self._line[partition] = waiting
                self._under_way.add(partition)
                batch += first.records
                size += first.size
            self._rows -= len(batch)
            self._size -= size
            self._size_under_way += size
        return Taken(batch, size)

    def stored(self, taken: Taken) -> None:
        """Say that a batch is stored, so that more of its partitions can be."""
        with self._guard:
            self._under_way -= {partition.number for partition in taken.ends}
            self._size_under_way -= taken.size

    def _free(self) -> list[int]:
        return [partition for partition in self._line if partition not in self._under_way]


def _size_of(record: Record) -> int:
    return len(record.value or b"")


def full(lanes: Sequence[Lane], limits: LaneLimits) -> set[str]:
    """The topics of which nothing more should be read for now."""
    if sum(lane.size_held for lane in lanes) >= limits.bytes_together:
        # One that is empty can still be filled: a table without much traffic does not wait for the others.
        return {lane.topic for lane in lanes if lane}
    return {lane.topic for lane in lanes if len(lane) >= limits.rows_waiting or lane.size >= limits.bytes_waiting}
