"""An assignment: how its lanes are stored, whatever else the event loop has to do."""

import asyncio
import threading
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


def messages(count: int) -> list[Message]:
    return [Message(GOODS.topic, GOODS.number, offset) for offset in range(count)]


async def test_under_a_backlog_batches_follow_each_other_while_the_event_loop_is_busy() -> None:
    target = Target(awaited=3)
    assignment = Assignment([GOODS], target.storing(rows=2))
    assignment.add({GOODS: messages(6)}, {})
    assert await asyncio.to_thread(target.begun.wait, SOON)
    target.go_on.set()
    # The loop stands still here.
    assert target.reached.wait(SOON)
    await assignment.end(SOON, drain=True)
    assert (target.sizes, target.failures) == ([2, 2, 2], [])


async def test_every_batch_that_was_stored_may_be_committed() -> None:
    target = Target(awaited=4)
    target.go_on.set()
    assignment = Assignment([GOODS], target.storing(rows=2))
    assignment.add({GOODS: messages(7)}, {})
    await assignment.end(SOON, drain=True)
    assert sum(target.sizes) == 7
    assert assignment.offsets.due() == {GOODS: 7}


async def test_two_batches_of_different_partitions_are_stored_at_once_under_a_backlog() -> None:
    both, target = threading.Barrier(2, timeout=SOON), Target(awaited=1)

    def store(_topic: str, _taken: Taken) -> None:
        target.begun.set()
        both.wait()

    assignment = Assignment([GOODS, OTHER], replace(target.storing(rows=4), store=store, turns=Turns(2)))
    assignment.add({GOODS: messages(4)}, {})
    assert await asyncio.to_thread(target.begun.wait, SOON)
    assignment.add({OTHER: [Message(OTHER.topic, OTHER.number, offset) for offset in range(2)]}, {})
    await assignment.end(SOON, drain=True)
    assert assignment.offsets.due() == {GOODS: 4, OTHER: 2}


async def test_what_waits_for_a_helper_is_stored_before_a_drain_ends() -> None:
    target = Target(awaited=1)
    target.go_on.set()
    assignment = Assignment([GOODS, OTHER], replace(target.storing(rows=2), turns=Turns(2)))
    for _ in range(3):
        for partition in (GOODS, OTHER):
            assignment.add({partition: [Message(*partition, offset) for offset in range(5)]}, {})
            await asyncio.sleep(0)
    await assignment.end(SOON, drain=True)
    assert (sum(target.sizes), target.failures) == (30, [])
    assert not assignment.lanes[GOODS.topic]
