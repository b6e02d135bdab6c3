"""Waypoints: up to which commit everything of a service is stored, told from offsets alone.

Debezium writes a transaction's changes before or with its END, and the END of every transaction that committed before
it. So whoever reads an END and *then* asks for the end of every partition of the service has a line behind all changes
up to that commit; once the group has committed offsets up to that line, they are stored. The ends must be those of all
that is written, not of what is committed in Kafka: markers of one Kafka transaction reach its partitions one after the
other, so that an END can be seen while the last stable offset of another partition is still before its changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cdc.kafka.ends import End
from cdc.kafka.offsets import Partition


@dataclass(frozen=True)
class Waypoint:
    """An END, and the end of each partition of its service as it was after the END was read."""

    end: End
    line: Mapping[Partition, int]

    def passed(self, committed: Mapping[Partition, int]) -> bool:
        """Whether the group has stored everything before the line; a partition where nothing was written needs none."""
        return all(committed.get(partition, 0) >= end for partition, end in self.line.items())


class Waypoints:
    """One waypoint after the other: the next one is set at the newest END once the last was passed."""

    def __init__(self) -> None:
        self.set: Waypoint | None = None
        self._newest: End | None = None
        self._reached: End | None = None

    def read(self, end: End | None) -> None:
        """Say that an END was read, maybe again."""
        if end is not None and (self._newest is None or end > self._newest):
            self._newest = end

    @property
    def next(self) -> End | None:
        """The END at which the next waypoint is due, None while one is set, or where nothing new has ended."""
        if self.set is None and self._newest is not None and self._newest != self._reached:
            return self._newest
        return None

    def set_at(self, end: End, line: Mapping[Partition, int]) -> None:
        """Set a waypoint at an END; `line` has the end of every partition, asked for after the END was read."""
        self.set = Waypoint(end, line)

    def reached(self, committed: Mapping[Partition, int]) -> End | None:
        """The END up to which everything is stored, if the waypoint that was set is passed now."""
        if self.set is None or not self.set.passed(committed):
            return None
        self._reached, self.set = self.set.end, None
        return self._reached
