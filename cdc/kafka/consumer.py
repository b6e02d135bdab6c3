"""The consumer as the sink wants it: committed messages alone, offsets kept by the sink, fetches of bounded size."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError, TopicAlreadyExistsError, for_code

from cdc.kafka.offsets import Partition
from services.kit.kafka.access import KafkaAccess
from services.kit.kafka.starting import start

_log = logging.getLogger(__name__)
_SESSION_MS, _HEARTBEAT_MS = 10_000, 2_000
# Inserts under way are waited for before a rebalance goes on.
_REBALANCE_MS = 30_000
# Also how long a partition that is read again after a pause may have to wait.
_FETCH_WAIT_MS = 100
_FETCH_BYTES, _PARTITION_BYTES = 32 << 20, 8 << 20
_REQUEST_MS = 10_000
# A member that leads a rebalance without knowing a topic that was just made assigns nothing of it; until it asks again.
_METADATA_MS = 5_000
_POLL_SECONDS = 0.1
# Nothing is asked for while everything is paused, however long: the watchdog judges that better than a pause's length.
_LONGEST_PAUSE_MS = 7 * 24 * 3600 * 1000
# A message is a row, as large as it may be.
_TOPIC = {"max.message.bytes": str(32 << 20)}


@asynccontextmanager
async def consumer(access: KafkaAccess, group: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A member of a group, to be subscribed; it leaves the group at the end, so that others go on at once."""
    opened = AIOKafkaConsumer(
        **access.arguments(),
        group_id=group,
        isolation_level="read_committed",
        enable_auto_commit=False,
        # Where nothing is committed, or it is no more there, it is decided here what that means.
        auto_offset_reset="none",
        session_timeout_ms=_SESSION_MS,
        heartbeat_interval_ms=_HEARTBEAT_MS,
        rebalance_timeout_ms=_REBALANCE_MS,
        max_poll_interval_ms=_LONGEST_PAUSE_MS,
        metadata_max_age_ms=_METADATA_MS,
        fetch_max_wait_ms=_FETCH_WAIT_MS,
        fetch_max_bytes=_FETCH_BYTES,
        max_partition_fetch_bytes=_PARTITION_BYTES,
        request_timeout_ms=_REQUEST_MS,
    )
    try:
        await start(opened, access)
        yield opened
    finally:
        await opened.stop()


class Onlooker:
    """Looks at topics and at a group from outside: which partitions there are, their ends, and what was committed."""

    def __init__(self, admin: AIOKafkaAdminClient, reader: AIOKafkaConsumer) -> None:
        self._admin, self._reader = admin, reader

    async def partitions(self, topics: Iterable[str]) -> dict[str, list[Partition]]:
        """The partitions of each topic; none of one that is not there."""
        described = await self._admin.describe_topics(list(topics))
        return {
            each["topic"]: [Partition(each["topic"], one["partition"]) for one in each["partitions"]]
            for each in described
        }

    async def make(self, topics: Mapping[str, int], replicas: int) -> None:
        """Make the topics that are not there, each with so many partitions, and return once the broker tells of all.

        Others may do so at the same time.
        """
        found = await self.partitions(topics)
        missing = [
            NewTopic(name, count, replicas, topic_configs=_TOPIC)
            for name, count in topics.items()
            if not found.get(name)
        ]
        if missing:
            _log.info("making topics %s", ", ".join(topic.name for topic in missing))
            answer = await self._admin.create_topics(missing)
            for name, code, said in answer.topic_errors:
                if code and for_code(code) is not TopicAlreadyExistsError:
                    raise for_code(code)(f"topic {name} could not be made: {said}")
            # What was just made is known a moment later.
            await asyncio.sleep(_POLL_SECONDS)
            await self.make(topics, replicas)

    async def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The end of each partition, open transactions of Kafka included: everything acknowledged lies before it."""
        found = await self._reader.end_offsets([TopicPartition(*each) for each in partitions])
        return {Partition(*each): offset for each, offset in found.items()}

    async def beginnings(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The first offset of each partition that is still there."""
        found = await self._reader.beginning_offsets([TopicPartition(*each) for each in partitions])
        return {Partition(*each): offset for each, offset in found.items()}

    async def committed(self, group: str, partitions: Iterable[Partition]) -> Mapping[Partition, int]:
        """What a group has committed; partitions of which it has nothing committed are left out.

        Where no group ever was, Kafka makes the topic for that first, and is asked again; whoever asks sets the bound.
        """
        asked = [TopicPartition(*each) for each in partitions]
        while True:
            try:
                found = await self._admin.list_consumer_group_offsets(group, partitions=asked)
                break
            except GroupCoordinatorNotAvailableError:
                await asyncio.sleep(_POLL_SECONDS)
        return {Partition(*each): said.offset for each, said in found.items() if said.offset >= 0}


@asynccontextmanager
async def onlooker(access: KafkaAccess) -> AsyncIterator[Onlooker]:
    """Somebody who looks on, in no group."""
    told = {**access.arguments(), "request_timeout_ms": _REQUEST_MS}
    admin = AIOKafkaAdminClient(**told)
    # Uncommitted: its ends are to be those of everything that is written.
    reader = AIOKafkaConsumer(**told, isolation_level="read_uncommitted")
    try:
        await start(admin, access)
        await start(reader, access)
        yield Onlooker(admin, reader)
    finally:
        await reader.stop()
        await admin.close()
