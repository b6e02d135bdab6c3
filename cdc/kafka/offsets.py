"""The offsets of one assignment: up to where each partition was read and stored, and what of it may be committed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

_NOTHING = -1


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


@dataclass
class _Place:
    """Offsets of one partition: behind the newest record read, and stored; where the reader stands; the committed one.

    A reader moves past the markers of Kafka's transactions, too, which are no records.
    """

    read: int = _NOTHING
    stored: int = _NOTHING
    standing: int = _NOTHING
    committed: int = _NOTHING

    @property
    def due(self) -> int:
        # A reader may only be followed past markers while no record before them waits to be stored.
        return max(self.standing, self.stored) if self.stored >= self.read else self.stored


class Offsets:
    """What may be committed while an assignment lasts; partitions that are not of it are ignored."""

    def __init__(self, partitions: Iterable[Partition]) -> None:
        self._places = {partition: _Place() for partition in partitions}

    @property
    def partitions(self) -> frozenset[Partition]:
        """What is assigned."""
        return frozenset(self._places)

    def read(self, ends: Mapping[Partition, int], standing: Mapping[Partition, int]) -> None:
        """Say behind which records a reader's last step has come, and where it stands now; both at one moment."""
        for partition, end in self._assigned(ends):
            self._places[partition].read = max(end, self._places[partition].read)
        for partition, position in self._assigned(standing):
            self._places[partition].standing = position

    def stored(self, ends: Mapping[Partition, int]) -> None:
        """Say that all records of a partition before an offset are durable."""
        for partition, end in self._assigned(ends):
            self._places[partition].stored = max(end, self._places[partition].stored)

    def committed(self, ends: Mapping[Partition, int]) -> None:
        """Say what was committed."""
        for partition, end in self._assigned(ends):
            self._places[partition].committed = end

    def due(self) -> dict[Partition, int]:
        """What may be committed and is not yet: everything before it is stored."""
        return {partition: place.due for partition, place in self._places.items() if place.due > place.committed}

    def standing(self) -> dict[Partition, int]:
        """Where the reader stands, of the partitions that it has begun."""
        return {partition: each.standing for partition, each in self._places.items() if each.standing != _NOTHING}

    def _assigned(self, ends: Mapping[Partition, int]) -> Iterable[tuple[Partition, int]]:
        return ((partition, end) for partition, end in ends.items() if partition in self._places)
