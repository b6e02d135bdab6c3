"""The queue hands out batches in order when they are due, and never holds more than its limit."""

import asyncio

from services.api_gateway_service.request_queue import RequestQueue
from services.api_gateway_service.tests.request_records import a_record, some_records

NEVER = 3600.0
AT_ONCE = 0.001


def filled(records: int, *, batch_size: int = 10, limit: int = 100) -> RequestQueue:
    queue = RequestQueue(batch_size, limit)
    for record in some_records(records):
        assert queue.put(record)
    return queue


async def test_a_full_batch_is_handed_out_at_once_and_in_order() -> None:
    records = some_records(12)
    queue = RequestQueue(10, 100)
    for record in records:
        queue.put(record)
    assert await queue.next_batch(NEVER) == records[:10]
    assert await queue.next_batch(AT_ONCE) == records[10:]


async def test_who_waits_is_woken_by_the_record_that_fills_the_batch() -> None:
    queue = filled(9)
    waiting = asyncio.create_task(queue.next_batch(NEVER))
    await asyncio.sleep(0)
    queue.put(a_record())
    assert len(await waiting) == 10


async def test_what_waits_is_handed_out_after_a_while_though_the_batch_is_not_full() -> None:
    assert len(await filled(3).next_batch(AT_ONCE)) == 3
    assert await filled(0).next_batch(AT_ONCE) == []


async def test_closing_wakes_who_waits_and_nobody_waits_again() -> None:
    queue = filled(3)
    waiting = asyncio.create_task(queue.next_batch(NEVER))
    await asyncio.sleep(0)
    queue.close()
    assert len(await waiting) == 3
    assert await queue.next_batch(NEVER) == []


async def test_what_is_handed_out_takes_room_until_it_is_done_with() -> None:
    queue = filled(10, limit=10)
    await queue.next_batch(NEVER)
    assert not queue.put(a_record())
    queue.done(4)
    assert [queue.put(a_record()) for _ in range(5)] == [True] * 4 + [False]
    assert len(queue) == 10


async def test_what_found_no_room_is_told_once() -> None:
    queue = filled(10, limit=10)
    queue.put(a_record())
    queue.put(a_record())
    assert (queue.take_dropped(), queue.take_dropped()) == (2, 0)
