"""Lag in Kafka: how many messages of each of a service's topics its group has not committed yet."""

import asyncio
import logging
from collections.abc import Sequence

from aiokafka.errors import KafkaError

from cdc.kafka.consumer import Onlooker, onlooker
from cdc.kafka.stream import Group

_PATIENCE_SECONDS = 10.0
# What the driver logs of a Kafka that is away, once for each service, a command says itself, in one line.
logging.getLogger("aiokafka").addHandler(logging.NullHandler())


async def behind(looking: Onlooker, group: Group) -> dict[str, int]:
    """By topic, how many messages a group has yet to store, the markers of Kafka's transactions among them.

    KafkaError if Kafka does not say.
    """
    found = await looking.partitions(group.topics)
    partitions = [each for some in found.values() for each in some]
    ends, committed = await looking.ends(partitions), await looking.committed(group.name, partitions)
    beginnings = await looking.beginnings(partitions)
    counted = dict.fromkeys(group.topics, 0)
    for each in partitions:
        # What Kafka has deleted meanwhile is not waited for any more.
        counted[each.topic] += ends[each] - max(committed.get(each, 0), beginnings[each])
    return counted


def messages_behind(groups: Sequence[Group]) -> dict[str, int | KafkaError | TimeoutError]:
    """By service, how many messages its group has yet to store; an error in their place where Kafka does not say.

    All are asked at once, so that a Kafka that hangs is waited for once.
    """
    return asyncio.run(_told(groups))


async def _told(groups: Sequence[Group]) -> dict[str, int | KafkaError | TimeoutError]:
    counted = await asyncio.gather(*map(_counted, groups))
    return {group.service: found for group, found in zip(groups, counted, strict=True)}


async def _counted(group: Group) -> int | KafkaError | TimeoutError:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), onlooker(group.access) as looking:
            return sum((await behind(looking, group)).values())
    except KafkaError as error:
        return error
    except TimeoutError:
        return TimeoutError(f"not within {_PATIENCE_SECONDS:g} s")
