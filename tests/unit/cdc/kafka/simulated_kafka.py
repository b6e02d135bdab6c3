"""Partitions as Kafka keeps them while Debezium writes in its transactions: what of it offsets depend on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cdc.kafka.offsets import Partition

ENDS = Partition("transaction", 0)


class Event(NamedTuple):
    """What Debezium has to write next: a change, or (in ENDS) the end of the transaction that commits at an LSN."""

    partition: Partition
    commit_lsn: int


@dataclass
class Log:
    """One partition: events and markers (None), and which of Kafka's transactions each is of."""

    entries: list[tuple[Event | None, int]] = field(default_factory=list)

    def stable(self, open_transactions: Iterable[int]) -> int:
        """Up to where committed readers get: before the first event of a transaction without its marker here."""
        unmarked = set(open_transactions)
        return next((at for at, (_, of) in enumerate(self.entries) if of in unmarked), len(self.entries))


@dataclass
class SimulatedKafka:
    """A broker, and one transactional producer that begins again, after a crash, behind what was committed last."""

    source: Sequence[Event]
    logs: dict[Partition, Log]
    written: int = 0
    safe: int = 0
    transaction: int = 0
    # Transactions of Kafka that were decided, whose markers are not in all partitions yet.
    unmarked: list[tuple[int, Partition]] = field(default_factory=list)
    aborted: set[int] = field(default_factory=set)

    @property
    def writing(self) -> bool:
        """Whether a transaction of Kafka is open."""
        return self.written > self.safe

    def write(self, count: int) -> None:
        """Debezium writes its next events; acknowledged at once, seen once their transaction is committed."""
        for event in self.source[self.written : self.written + count]:
            self.logs[event.partition].entries.append((event, self.transaction))
            self.written += 1

    def decide(self, *, commit: bool) -> None:
        """End the open transaction: the coordinator decides, and the markers follow one by one."""
        touched = {event.partition for event in self.source[self.safe : self.written]}
        self.unmarked += [(self.transaction, partition) for partition in sorted(touched)]
        if commit:
            self.safe = self.written
        else:
            self.aborted.add(self.transaction)
            self.written = self.safe
        self.transaction += 1

    def mark(self, number: int) -> None:
        """One of the markers that are due is written; those of a partition keep their order."""
        _, partition = self.unmarked[number]
        first = min(each for each in self.unmarked if each[1] == partition)
        self.unmarked.remove(first)
        self.logs[partition].entries.append((None, -1))

    def stable(self, partition: Partition) -> int:
        """Up to where a committed reader may read."""
        unmarked = {of for of, where in self.unmarked if where == partition}
        return self.logs[partition].stable({*unmarked, self.transaction})

    def ends(self) -> dict[Partition, int]:
        """The end of each partition, whatever it holds."""
        return {partition: len(log.entries) for partition, log in self.logs.items()}

    def read(self, partition: Partition, start: int, end: int) -> list[tuple[int, Event]]:
        """The committed events between two offsets, with theirs."""
        found = enumerate(self.logs[partition].entries[start:end], start)
        return [(at, event) for at, (event, of) in found if event is not None and of not in self.aborted]
