"""Whether groups of consumers read, asked of a real broker."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer

from deploy.local.kafka.groups import groups_read
from deploy.local.ports import LOOPBACK, free_port
from tests.support.topics import Topics
from tests.support.waiting import eventually

# A broker may have to start first.
pytestmark = pytest.mark.timeout(300)
TOPIC = "huleedu.test.read.v1"


async def test_groups_read_while_each_has_a_member(topics: Topics) -> None:
    await topics.make(TOPIC, 1)
    read = groups_read(topics.bootstrap, ["huleedu-test.one", "huleedu-test.other"])

    async def is_read() -> bool:
        return await asyncio.to_thread(read)

    assert not await is_read()
    async with _member(topics, "huleedu-test.one"):
        assert not await is_read()
        async with _member(topics, "huleedu-test.other"):
            await eventually(is_read)
        assert not await is_read()


def test_nobody_reads_where_no_broker_answers() -> None:
    assert not groups_read(f"{LOOPBACK}:{free_port()}", ["huleedu-test.one"])()


def _member(topics: Topics, group: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(TOPIC, bootstrap_servers=topics.bootstrap, group_id=group)
