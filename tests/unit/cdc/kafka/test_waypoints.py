"""Waypoints: whatever order things happen in, everything up to a commit is stored before it is said to be."""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdc.kafka.ends import End
from cdc.kafka.offsets import Offsets, Partition
from cdc.kafka.waypoint import Waypoint, Waypoints
from tests.unit.cdc.kafka.simulated_kafka import ENDS, Event, Log, SimulatedKafka

TABLES = (Partition("table", 0), Partition("table", 1))
TIME = datetime(2026, 1, 1, tzinfo=UTC)
TRANSACTIONS = st.lists(st.lists(st.sampled_from(TABLES), min_size=1, max_size=3), min_size=1, max_size=8)


def events_of(transactions: list[list[Partition]]) -> list[Event]:
    return [
        event
        for lsn, changes in enumerate(transactions, 1)
        for event in (*(Event(partition, lsn) for partition in changes), Event(ENDS, lsn))
    ]


class Sink:
    """A sink that reads, stores and commits each partition at its own pace, beside the broker and its keeper."""

    def __init__(self, transactions: list[list[Partition]], chance: Random) -> None:
        self.kafka = SimulatedKafka(events_of(transactions), {each: Log() for each in (*TABLES, ENDS)})
        self.offsets, self.waypoints = Offsets(self.kafka.logs), Waypoints()
        self.committed: dict[Partition, int] = {}
        self.waiting: dict[Partition, list[tuple[int, Event]]] = {each: [] for each in self.kafka.logs}
        self.stored: set[Event] = set()
        self.progress, self.chance = 0, chance

    def step(self) -> None:
        """Any one thing happens."""
        partition = self.chance.choice(list(self.kafka.logs))
        steps = (
            self.write,
            self.mark,
            self.keep,
            self.reach,
            self.commit,
            lambda: self.read(partition, self.chance.randint(0, 9)),
            lambda: self.store(partition),
        )
        self.chance.choice(steps)()

    def write(self) -> None:
        if self.kafka.writing and self.chance.random() < 0.5:
            self.kafka.decide(commit=self.chance.random() < 0.8)
        else:
            self.kafka.write(self.chance.randint(1, 6))

    def mark(self) -> None:
        if self.kafka.unmarked:
            self.kafka.mark(self.chance.randrange(len(self.kafka.unmarked)))

    def read(self, partition: Partition, most: int) -> None:
        start = self.offsets.standing().get(partition, 0)
        end = max(start, min(start + most, self.kafka.stable(partition)))
        found = self.kafka.read(partition, start, end)
        self.offsets.read({partition: found[-1][0] + 1} if found else {}, {partition: end})
        self.waiting[partition] += found
        if partition == ENDS:
            for _, event in found:
                self.waypoints.read(End(1, event.commit_lsn, TIME))

    def store(self, partition: Partition) -> None:
        taken, self.waiting[partition] = self.waiting[partition], []
        self.stored |= {event for _, event in taken}
        self.offsets.stored({partition: taken[-1][0] + 1} if taken else {})

    def commit(self) -> None:
        due = self.offsets.due()
        self.committed |= due
        self.offsets.committed(due)

    def keep(self) -> None:
        if (end := self.waypoints.next) is not None:
            self.waypoints.set_at(end, self.kafka.ends())

    def reach(self) -> None:
        reached = self.waypoints.reached(self.committed)
        if reached is not None:
            assert reached.commit_lsn > self.progress
            self.progress = reached.commit_lsn

    def missing(self) -> list[Event]:
        """What is said to be stored, by progress or by a commit, and is not."""
        said = {event for event in self.kafka.source if event.commit_lsn <= self.progress}
        said |= {event for each, end in self.committed.items() for _, event in self.kafka.read(each, 0, end)}
        return sorted(said - self.stored)

    def finish(self) -> None:
        """Everything is written, read and stored."""
        for _ in range(2):
            if self.kafka.writing:
                self.kafka.decide(commit=True)
            self.kafka.write(len(self.kafka.source))
        if self.kafka.writing:
            self.kafka.decide(commit=True)
        while self.kafka.unmarked:
            self.kafka.mark(0)
        for _ in range(2):
            for partition in self.kafka.logs:
                self.read(partition, 10**6)
                self.store(partition)
            self.commit()
            self.reach()
            self.keep()
            self.reach()


@settings(max_examples=500, deadline=None)
@given(TRANSACTIONS, st.integers())
def test_nothing_is_said_to_be_stored_before_it_is_and_in_the_end_everything_is(
    transactions: list[list[Partition]], seed: int
) -> None:
    sink = Sink(transactions, Random(seed))
    for _ in range(150):
        sink.step()
        assert sink.missing() == []
    sink.finish()
    assert sink.missing() == []
    assert sink.progress == len(transactions)


@pytest.mark.parametrize(("line", "said_too_soon"), [("stable", True), ("written", False)])
def test_a_line_of_stable_offsets_would_be_before_changes_whose_marker_is_late(line: str, said_too_soon: bool) -> None:
    table = TABLES[0]
    kafka = SimulatedKafka([Event(table, 1), Event(ENDS, 1)], {table: Log(), ENDS: Log()})
    kafka.write(2)
    kafka.decide(commit=True)
    kafka.mark([partition for _, partition in kafka.unmarked].index(ENDS))
    ends: Mapping[Partition, int] = (
        {each: kafka.stable(each) for each in kafka.logs} if line == "stable" else kafka.ends()
    )
    committed = {ENDS: kafka.stable(ENDS)}
    assert Waypoint(End(1, 1, TIME), ends).passed(committed) is said_too_soon


def test_an_end_that_comes_again_sets_no_waypoint_back() -> None:
    waypoints = Waypoints()
    waypoints.read(End(1, 20, TIME))
    waypoints.read(End(1, 10, TIME))
    assert waypoints.next == End(1, 20, TIME)
    waypoints.set_at(End(1, 20, TIME), {})
    assert waypoints.next is None
    assert waypoints.reached({}) == End(1, 20, TIME)
    assert waypoints.next is None


def test_an_end_of_a_later_epoch_is_newer_whatever_its_position() -> None:
    waypoints = Waypoints()
    waypoints.read(End(1, 20, TIME))
    waypoints.read(End(2, 10, TIME))
    assert waypoints.next == End(2, 10, TIME)
