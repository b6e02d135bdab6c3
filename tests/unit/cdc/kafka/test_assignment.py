"""An assignment: how its lanes are stored, whatever else the event loop has to do."""

import asyncio
import threading
import time
from dataclasses import replace

from cdc.kafka.assignment import Assignment, Storing
from cdc.kafka.lane import LaneLimits, Taken
from cdc.kafka.offsets import Partition
from cdc.storing.turns import Turns
from tests.unit.cdc.kafka.test_lanes import Message

GOODS, OTHER = Partition("goods", 0), Partition("goods", 1)
SOON = 10.0


class Target:
    """Where batches are stored: it counts them, and says when so many are there."""

    def __init__(self, awaited: int) -> None:
        self.sizes, self.failures = list[int](), list[BaseException]()
        self._awaited, self.reached = awaited, threading.Event()
        self.begun, self.go_on = threading.Event(), threading.Event()

    def store(self, _topic: str, taken: Taken) -> None:
        self.begun.set()
        assert self.go_on.wait(SOON)
        self.sizes.append(len(taken.records))
        if len(self.sizes) == self._awaited:
            self.reached.set()

    def storing(self, rows: int) -> Storing:
        limits = LaneLimits(rows, 1 << 20)
        return Storing("shop", self.store, Turns(1), limits, lambda _topic: 0.0, self.failures.append)


def messages(count: int, of: Partition = GOODS) -> list[Message]:
    return [Message(*of, offset) for offset in range(count)]


async def begun(target: Target) -> None:
    """Wait until something is being stored."""
    assert await asyncio.to_thread(target.begun.wait, SOON)


async def test_under_a_backlog_batches_follow_each_other_while_the_event_loop_is_busy() -> None:
    target = Target(awaited=3)
    assignment = Assignment([GOODS], target.storing(rows=2))
    assignment.add({GOODS: messages(6)}, {})
    await begun(target)
    target.go_on.set()
    # The loop stands still here.
    assert target.reached.wait(SOON)
    await assignment.end(SOON, drain=True)
    assert (target.sizes, target.failures) == ([2, 2, 2], [])


async def test_every_batch_that_was_stored_may_be_committed() -> None:
    target = Target(awaited=4)
    target.go_on.set()
    assignment = Assignment([GOODS, OTHER], target.storing(rows=2))
    # The last batch is of one partition alone.
    assignment.add({GOODS: messages(2), OTHER: messages(4, OTHER)}, {})
    await asyncio.to_thread(target.reached.wait, 1.0)
    await assignment.end(SOON, drain=True)
    assert sum(target.sizes) == 6
    assert assignment.offsets.due() == {GOODS: 2, OTHER: 4}


async def test_nothing_may_be_committed_before_it_is_stored() -> None:
    target = Target(awaited=1)
    assignment = Assignment([GOODS], target.storing(rows=2))
    assignment.add({GOODS: messages(2)}, {GOODS: 2})
    await begun(target)
    assert assignment.offsets.due() == {}
    target.go_on.set()
    await assignment.end(SOON, drain=True)
    assert assignment.offsets.due() == {GOODS: 2}


async def test_what_clickhouse_did_not_confirm_is_stored_before_anything_more_of_its_partition() -> None:
    tries = list[int]()

    def store(_topic: str, taken: Taken) -> None:
        tries.append(taken.records[0].offset)
        if len(tries) == 1:
            raise ConnectionError("away")

    assignment = Assignment([GOODS], replace(Target(awaited=1).storing(rows=2), store=store))
    assignment.add({GOODS: messages(4)}, {})
    await assignment.end(SOON, drain=True)
    assert tries == [0, 0, 2]
    assert assignment.offsets.due() == {GOODS: 4}


async def test_after_a_failure_nothing_more_is_stored_or_waited_for_and_it_is_told() -> None:
    target, tries = Target(awaited=1), list[int]()

    def store(_topic: str, taken: Taken) -> None:
        tries.append(taken.records[0].offset)
        raise ValueError("refused for good")

    assignment = Assignment([GOODS], replace(target.storing(rows=2), store=store))
    assignment.add({GOODS: messages(5)}, {})
    began = time.monotonic()
    await assignment.end(SOON, drain=True)
    assert time.monotonic() - began < SOON / 2
    assert (tries, [str(each) for each in target.failures]) == ([0], ["refused for good"])
    assert assignment.offsets.due() == {}


async def test_two_batches_of_different_partitions_are_stored_at_once_under_a_backlog() -> None:
    both, target = threading.Barrier(2, timeout=SOON), Target(awaited=1)

    def store(_topic: str, _taken: Taken) -> None:
        target.begun.set()
        both.wait()

    assignment = Assignment([GOODS, OTHER], replace(target.storing(rows=4), store=store, turns=Turns(2)))
    assignment.add({GOODS: messages(4)}, {})
    await begun(target)
    assignment.add({OTHER: messages(2, OTHER)}, {})
    await assignment.end(SOON, drain=True)
    assert assignment.offsets.due() == {GOODS: 4, OTHER: 2}


async def test_little_that_comes_beside_an_insert_waits_for_its_end() -> None:
    target = Target(awaited=2)
    assignment = Assignment([GOODS, OTHER], replace(target.storing(rows=10), turns=Turns(2)))
    assignment.add({GOODS: messages(4)}, {})
    await begun(target)
    assignment.add({OTHER: messages(1, OTHER)}, {})
    await asyncio.sleep(0.05)
    target.go_on.set()
    await assignment.end(SOON, drain=True)
    assert target.sizes == [4, 1]


async def test_a_drain_waits_for_what_only_a_helper_can_free() -> None:
    slow, target = threading.Event(), Target(awaited=1)

    def store(_topic: str, taken: Taken) -> None:
        target.begun.set()
        if taken.records[0].partition == OTHER.number and taken.records[0].offset == 0:
            assert slow.wait(SOON)

    assignment = Assignment([GOODS, OTHER], replace(target.storing(rows=2), store=store, turns=Turns(2)))
    assignment.add({GOODS: messages(2)}, {})
    await begun(target)
    assignment.add({OTHER: messages(5, OTHER)}, {})
    ending = asyncio.create_task(assignment.end(SOON, drain=True))
    await asyncio.sleep(0.1)
    slow.set()
    await ending
    assert assignment.offsets.due() == {GOODS: 2, OTHER: 5}


async def test_an_end_without_a_drain_leaves_what_only_waits() -> None:
    target = Target(awaited=1)
    assignment = Assignment([GOODS], target.storing(rows=2))
    assignment.add({GOODS: messages(6)}, {})
    await begun(target)
    ending = asyncio.create_task(assignment.end(SOON, drain=False))
    await asyncio.sleep(0.05)
    target.go_on.set()
    await ending
    assert (target.sizes, assignment.offsets.due()) == ([2], {GOODS: 2})


async def test_an_end_does_not_wait_for_the_distance_between_batches() -> None:
    target = Target(awaited=1)
    target.go_on.set()
    assignment = Assignment([GOODS], replace(target.storing(rows=9), apart_seconds=lambda _topic: SOON))
    assignment.add({GOODS: messages(1)}, {})
    await asyncio.to_thread(target.reached.wait, SOON)
    assignment.add({GOODS: [Message(*GOODS, 1)]}, {})
    began = time.monotonic()
    await assignment.end(SOON, drain=True)
    assert time.monotonic() - began < SOON / 2
    assert target.sizes == [1, 1]


async def test_what_outlasts_patience_is_given_up_and_its_failure_told_nobody() -> None:
    target = Target(awaited=1)

    def store(_topic: str, _taken: Taken) -> None:
        target.begun.set()
        assert target.go_on.wait(SOON)
        raise ValueError("too late")

    assignment = Assignment([GOODS], replace(target.storing(rows=2), store=store))
    assignment.add({GOODS: messages(2)}, {})
    await begun(target)
    await assignment.end(0.05, drain=False)
    assert assignment.giving_up.is_set()
    target.go_on.set()
    await asyncio.sleep(0.1)
    assert (target.failures, assignment.offsets.due()) == ([], {})


async def test_records_of_partitions_that_are_not_assigned_are_left_alone() -> None:
    target = Target(awaited=1)
    target.go_on.set()
    assignment = Assignment([GOODS], target.storing(rows=9))
    assignment.add({OTHER: messages(1, OTHER), Partition("else", 0): messages(1)}, {})
    await assignment.end(SOON, drain=True)
    assert not target.sizes
