"""An assignment: how its lanes are stored, whatever else the event loop has to do."""

import asyncio
import threading

from cdc.kafka.assignment import Assignment, Storing
from cdc.kafka.lane import LaneLimits, Taken
from cdc.kafka.offsets import Partition
from cdc.storing.turns import Turns
from tests.unit.cdc.kafka.test_lanes import Message

GOODS = Partition("goods", 0)
SOON = 10.0


class Target:
    """Where batches are stored: it counts them, and says when so many are there."""

    def __init__(self, awaited: int) -> None:
        self.sizes, self.failures = list[int](), list[BaseException]()
        self._awaited, self.reached = awaited, threading.Event()

    def store(self, _topic: str, taken: Taken) -> None:
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
    await _first_batch(assignment)
    # The loop stands still here.
    assert target.reached.wait(SOON)
    await assignment.end(SOON, drain=True)
    assert (target.sizes, target.failures) == ([2, 2, 2], [])


async def test_every_batch_that_was_stored_may_be_committed() -> None:
    target = Target(awaited=4)
    assignment = Assignment([GOODS], target.storing(rows=2))
    assignment.add({GOODS: messages(7)}, {})
    await assignment.end(SOON, drain=True)
    assert sum(target.sizes) == 7
    assert assignment.offsets.due() == {GOODS: 7}


async def _first_batch(assignment: Assignment) -> None:
    """Let the loop go on until the first batch is on its way."""
    while len(assignment.lanes[GOODS.topic]) == 6:
        await asyncio.sleep(0)
