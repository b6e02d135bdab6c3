"""The stream on a real broker: everything is stored, nothing is committed before it is, and progress is never ahead."""

import asyncio
import threading
from collections import Counter

import pytest

from cdc.kafka.lag import messages_behind
from cdc.kafka.lane import Taken
from deploy.local.kafka.broker import Kafka
from tests.pipeline.kafka.sinks import Memory, Sink, committed, running, small, until
from tests.pipeline.kafka.topics import BUSY, QUIET, topics_on
from tests.support.waiting import eventually


def numbers(count: int, start: int = 0) -> list[str]:
    return [str(number) for number in range(start, start + count)]


async def test_everything_committed_is_stored_once_and_its_offsets_are_committed(kafka: Kafka) -> None:
    memory = Memory()
    async with topics_on(kafka) as topics:
        await topics.transaction(BUSY, *numbers(100))
        await topics.abort(BUSY, "taken back")
        async with running(Sink(topics.group, memory)):
            last = await topics.transaction(QUIET, "quiet")
            await until(memory.reached(last))
        assert memory.values(topics.name(BUSY)) == Counter(value.encode() for value in numbers(100))
        assert memory.values(topics.name(QUIET)) == Counter([b"quiet"])
        said, stored = await committed(topics.group), memory.ends()
        assert {partition for partition in stored if said[partition] < stored[partition]} == set()


async def test_a_sink_that_begins_again_goes_on_behind_what_was_stored(kafka: Kafka) -> None:
    async with topics_on(kafka) as topics:
        first, second = Memory(), Memory()
        async with running(Sink(topics.group, first)):
            await topics.transaction(BUSY, *numbers(10))
            await until(lambda: len(first.stored) == 11)
        async with running(Sink(topics.group, second)):
            await topics.transaction(BUSY, "later")
            await until(lambda: len(second.stored) == 2)
        assert second.values(topics.name(BUSY)) == Counter([b"later"])


async def test_lag_counts_what_is_not_stored_yet(kafka: Kafka) -> None:
    async with topics_on(kafka) as topics:
        await topics.transaction(BUSY, *numbers(10))
        of_service = topics.group.service
        before = (await asyncio.to_thread(messages_behind, [topics.group]))[of_service]
        assert isinstance(before, int)
        assert before >= 11
        async with running(Sink(topics.group, Memory())):

            async def caught_up() -> bool:
                return await asyncio.to_thread(messages_behind, [topics.group]) == {of_service: 0}

            await eventually(caught_up)


async def test_nothing_is_committed_while_its_insert_has_not_ended(kafka: Kafka) -> None:
    held, go_on = threading.Event(), threading.Event()

    def hold(topic: str, _taken: Taken) -> None:
        if topic.endswith(BUSY):
            held.set()
            assert go_on.wait(30)

    memory = Memory(before=hold)
    async with topics_on(kafka) as topics, running(Sink(topics.group, memory)):
        await topics.transaction(BUSY, *numbers(5))
        last = await topics.transaction(QUIET, "not kept waiting")
        await until(held.is_set)
        await until(lambda: bool(memory.values(topics.name(QUIET))))
        said = await committed(topics.group)
        assert {
            partition: offset for partition, offset in said.items() if partition.topic.endswith(BUSY) and offset
        } == {}
        assert not memory.recorded
        go_on.set()
        await until(memory.reached(last))


async def test_lanes_are_bounded_while_an_insert_hangs_and_the_member_stays_in_its_group(kafka: Kafka) -> None:
    go_on, largest = threading.Event(), Counter[str]()

    def hold(topic: str, taken: Taken) -> None:
        largest[topic] = max(largest[topic], len(taken.records))
        if topic.endswith(BUSY):
            assert go_on.wait(60)

    memory = Memory(before=hold)
    async with topics_on(kafka) as topics:
        sink = Sink(topics.group, memory, small(rows=20))
        async with running(sink):
            for start in range(0, 1000, 100):
                await topics.transaction(BUSY, *numbers(100, start))
            await topics.transaction(QUIET, "quiet")
            await until(lambda: bool(memory.values(topics.name(QUIET))))
            assert not memory.values(topics.name(BUSY))
            go_on.set()
            await until(lambda: len(memory.values(topics.name(BUSY))) == 1000)
        assert sink.duties.begun == 1
        assert max(memory.values(topics.name(BUSY)).values()) == 1
        assert largest[topics.name(BUSY)] < 100


async def test_a_failure_to_store_ends_the_stream_and_commits_nothing_of_it(kafka: Kafka) -> None:
    def refuse(topic: str, _taken: Taken) -> None:
        if topic.endswith(BUSY):
            raise ValueError("never")

    memory = Memory(before=refuse)
    async with topics_on(kafka) as topics:
        sink = Sink(topics.group, memory)
        async with running(sink, well=False) as thread:
            await topics.transaction(BUSY, "refused")
            await until(lambda: not thread.is_alive())
        with pytest.raises(ValueError, match="never"):
            raise sink.error or AssertionError
        said = await committed(topics.group)
        assert [offset for partition, offset in said.items() if partition.topic.endswith(BUSY) and offset] == []


async def test_a_told_sink_stores_what_it_fetched_before_it_leaves(kafka: Kafka) -> None:
    go_on, begun = threading.Event(), threading.Event()

    def hold(topic: str, _taken: Taken) -> None:
        if topic.endswith(BUSY):
            begun.set()
            assert go_on.wait(30)

    memory = Memory(before=hold)
    async with topics_on(kafka) as topics:
        sink = Sink(topics.group, memory)
        async with running(sink):
            await topics.transaction(BUSY, *numbers(10))
            await until(begun.is_set)
            await topics.transaction(BUSY, *numbers(10, 10))
            await until(lambda: len(memory.stored) == 2)
            sink.stopping.set()
            go_on.set()
        assert len(memory.values(topics.name(BUSY))) == 20
        said, stored = await committed(topics.group), memory.ends()
        assert {partition for partition in stored if said[partition] < stored[partition]} == set()
        assert sink.duties.now == 0
