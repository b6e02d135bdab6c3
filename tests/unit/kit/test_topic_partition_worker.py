"""A partition's messages: in their order, each committed once it is settled, and left whole to whoever comes next."""

import asyncio

import pytest

from services.kit.topics.delivery import Delivery
from services.kit.topics.partition_worker import PartitionWorker

SOON, LONG = 0.01, 60.0
DELIVERIES = [Delivery("topic.v1", 0, offset, None, None) for offset in range(3)]


class Steps:
    """Records what is settled and committed; settling waits until it may, and can fail at an offset."""

    def __init__(self, *, failing: int | None = None) -> None:
        self.taken: list[str] = []
        self.may_settle = asyncio.Event()
        self.begun = asyncio.Event()
        self._failing = failing

    async def settle(self, delivery: Delivery) -> None:
        self.begun.set()
        await self.may_settle.wait()
        if delivery.offset == self._failing:
            raise LookupError
        self.taken.append(f"settled {delivery.offset}")

    async def commit(self, delivery: Delivery) -> None:
        self.taken.append(f"committed {delivery.offset}")


def _worker(steps: Steps) -> PartitionWorker:
    return PartitionWorker(DELIVERIES, steps.settle, steps.commit)


async def test_each_message_is_committed_before_the_next_is_taken() -> None:
    steps = Steps()
    steps.may_settle.set()
    await _worker(steps).task
    assert steps.taken == [f"{step} {offset}" for offset in range(3) for step in ("settled", "committed")]


async def test_a_message_that_cannot_be_settled_ends_it_and_nothing_after_it_is_taken() -> None:
    steps = Steps(failing=1)
    steps.may_settle.set()
    with pytest.raises(LookupError):
        await _worker(steps).task
    assert steps.taken == ["settled 0", "committed 0"]


async def test_who_stops_it_waits_for_the_message_in_hand_and_leaves_the_rest() -> None:
    steps = Steps()
    worker = _worker(steps)
    await steps.begun.wait()
    stopping = asyncio.create_task(worker.stop(LONG))
    await asyncio.sleep(0)
    steps.may_settle.set()
    await stopping
    assert worker.task.done()
    assert steps.taken == ["settled 0", "committed 0"]


async def test_a_message_that_takes_too_long_is_cut_off_and_not_committed() -> None:
    steps = Steps()
    worker = _worker(steps)
    await steps.begun.wait()
    await worker.stop(SOON)
    assert worker.task.cancelled()
    assert not steps.taken
