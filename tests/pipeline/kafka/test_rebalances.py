"""Rebalances in the middle of anything: nothing is lost, no commit is of a lost partition, and progress stays true."""

import asyncio
import random
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace

import pytest

from cdc.kafka.lane import Taken
from deploy.local.kafka.broker import Kafka
from tests.pipeline.kafka.sinks import PACE, Memory, OnDuty, Sink, committed, running, until
from tests.pipeline.kafka.topics import BUSY, QUIET, Topics, topics_on

_BEAT_SECONDS, _REST_SECONDS = 1.0, 10.0
pytestmark = pytest.mark.timeout(900, func_only=True)


async def write_some(topics: Topics, memory: Memory, count: int, topic: str = BUSY) -> int:
    """A transaction of values that no other one has; the LSN at which it commits."""
    lsn = topics.lsn + 10
    values = tuple(f"{lsn}/{number}" for number in range(count))
    memory.written[lsn] = values
    return await topics.transaction(topic, *values)


async def write_and_reach(topics: Topics, memory: Memory, count: int) -> None:
    """Write, and beat until progress has come there: an END that a member read is not read again by its successor."""
    reached = memory.reached(await write_some(topics, memory, count))

    enough = asyncio.Event()

    async def beat() -> None:
        while not enough.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(enough.wait(), _BEAT_SECONDS)
                return
            await write_some(topics, memory, 1, QUIET)

    beating = asyncio.create_task(beat())
    try:
        await until(reached)
    finally:
        # Not cancelled: it may be within a transaction.
        enough.set()
        await beating


@asynccontextmanager
async def written_all_the_while(topics: Topics, memory: Memory) -> AsyncIterator[None]:
    """Transactions one after the other, in both tables, until the block ends."""

    enough = asyncio.Event()

    async def write() -> None:
        while not enough.is_set():
            await write_some(topics, memory, 20)
            await write_some(topics, memory, 1, QUIET)
            await asyncio.sleep(0.01)

    task = asyncio.create_task(write())
    try:
        yield
    finally:
        enough.set()
        await task


def assert_whole(memory: Memory) -> None:
    stored = {value.decode() for _, _, value in memory.stored}
    assert {value for values in memory.written.values() for value in values} - stored == set()
    assert memory.missing == []


async def assert_committed_is_stored(topics: Topics, memory: Memory) -> None:
    """Everything that was stored is committed once all has come to rest, or the group would read it again."""
    deadline = asyncio.get_running_loop().time() + _REST_SECONDS
    while True:
        said, stored = await committed(topics.group), memory.ends()
        ahead = {partition: end for partition, end in said.items() if stored.get(partition, 0) > end}
        if not ahead or asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(0.1)
    assert ahead == {}


async def test_a_second_sink_takes_over_its_share_and_one_of_the_two_has_the_duties(kafka: Kafka) -> None:
    memory, duties = Memory(), OnDuty()
    async with topics_on(kafka) as topics:
        one, two = (Sink(topics.group, memory, duties=duties) for _ in range(2))
        async with running(one):
            await write_some(topics, memory, 50)
            await until(lambda: duties.now == 1)
            async with running(two):
                while not two.batches:
                    await write_and_reach(topics, memory, 50)
                before = one.batches
                await write_and_reach(topics, memory, 50)
                assert one.batches > before, "the first one has nothing any more"
                assert duties.now == 1
            await write_and_reach(topics, memory, 50)
            assert duties.now == 1
        assert duties.now == 0
        assert_whole(memory)
        assert max(memory.values(topics.name(BUSY)).values()) == 1


async def test_an_insert_under_way_is_waited_for_before_its_partition_goes_to_another(kafka: Kafka) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hold(topic: str, _taken: Taken) -> None:
        if topic.endswith(BUSY) and not go_on.is_set():
            begun.set()
            assert go_on.wait(60)

    memory = Memory(before=hold)
    async with topics_on(kafka) as topics, AsyncExitStack() as sinks:
        await sinks.enter_async_context(running(Sink(topics.group, memory)))
        await write_some(topics, memory, 40)
        await until(begun.is_set)
        await sinks.enter_async_context(running(Sink(topics.group, memory)))
        await asyncio.sleep(3)
        assert not memory.values(topics.name(BUSY))
        go_on.set()
        await write_and_reach(topics, memory, 40)
        assert_whole(memory)
        assert max(memory.values(topics.name(BUSY)).values()) == 1


async def test_an_insert_that_outlasts_patience_is_left_and_commits_nothing_when_it_ends(kafka: Kafka) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hold(topic: str, _taken: Taken) -> None:
        if topic.endswith(BUSY) and not begun.is_set():
            begun.set()
            assert go_on.wait(60)

    memory = Memory(before=hold)
    async with topics_on(kafka) as topics, AsyncExitStack() as sinks:
        pace = replace(PACE, patience_seconds=1.0)
        await sinks.enter_async_context(running(Sink(topics.group, memory, pace)))
        await write_some(topics, memory, 40)
        await until(begun.is_set)
        await sinks.enter_async_context(running(Sink(topics.group, memory, pace)))
        await write_and_reach(topics, memory, 40)
        before = await committed(topics.group)
        go_on.set()
        await until(lambda: max(memory.values(topics.name(BUSY)).values()) == 2)
        await asyncio.sleep(1)
        after = await committed(topics.group)
        assert {partition for partition in before if after[partition] < before[partition]} == set()
        assert_whole(memory)


async def test_members_that_come_and_go_at_random_lose_nothing(kafka: Kafka) -> None:
    print(f"seed {(seed := random.randrange(2**32))}")
    rng = random.Random(seed)

    def stumble(_topic: str, _taken: Taken) -> None:
        threading.Event().wait(rng.choice((0, 0, 0.01, 0.3)))

    memory, duties = Memory(before=stumble), OnDuty()
    async with topics_on(kafka) as topics:
        async with written_all_the_while(topics, memory):
            for _ in range(4):
                async with AsyncExitStack() as sinks:
                    for _ in range(rng.randint(1, 3)):
                        await sinks.enter_async_context(running(Sink(topics.group, memory, duties=duties)))
                        await asyncio.sleep(rng.uniform(0, 2))
        async with running(Sink(topics.group, memory, duties=duties)):
            await write_and_reach(topics, memory, 1)
        assert_whole(memory)
        await assert_committed_is_stored(topics, memory)
        assert duties.now == 0
