"""Lag in Kafka: how many messages of a service's topics its group has not committed yet."""

import asyncio

from cdc.kafka.consumer import onlooker
from cdc.kafka.stream import Group

_PATIENCE_SECONDS = 10.0


def messages_behind(group: Group) -> int:
    """How many a group has yet to store, the markers of Kafka's transactions among them.

    KafkaError or TimeoutError if Kafka does not say.
    """
    return asyncio.run(_messages_behind(group))


async def _messages_behind(group: Group) -> int:
    async with asyncio.timeout(_PATIENCE_SECONDS), onlooker(group.access) as looking:
        found = await looking.partitions(group.topics)
        partitions = [each for some in found.values() for each in some]
        ends, committed = await looking.ends(partitions), await looking.committed(group.name, partitions)
        beginnings = await looking.beginnings(partitions)
    return sum(ends[each] - committed.get(each, beginnings[each]) for each in partitions)
