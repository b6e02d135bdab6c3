"""The onlooker, where Kafka has no answer at first."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError

from cdc.kafka.consumer import Onlooker
from cdc.kafka.offsets import Partition


class FreshKafka:
    """A Kafka that makes the topic of committed offsets when it is asked for the first time."""

    def __init__(self) -> None:
        self.asked = 0

    async def list_consumer_group_offsets(
        self, _group: str, *, partitions: Sequence[TopicPartition]
    ) -> Mapping[TopicPartition, SimpleNamespace]:
        self.asked += 1
        if self.asked == 1:
            raise GroupCoordinatorNotAvailableError
        return {each: SimpleNamespace(offset=-1 if each.partition else 7) for each in partitions}


async def test_where_no_group_ever_was_what_is_committed_is_asked_for_again() -> None:
    kafka = FreshKafka()
    admin: Any = kafka
    nobody: Any = None
    looking = Onlooker(admin, nobody)
    assert await looking.committed("group", [Partition("goods", 0), Partition("goods", 1)]) == {
        Partition("goods", 0): 7
    }
    assert kafka.asked == 2
