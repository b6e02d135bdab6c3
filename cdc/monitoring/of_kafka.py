"""What Kafka is asked for metrics: how many messages of each table are not stored yet."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

from cdc.catalog.topics import table_topics
from cdc.kafka.consumer import Onlooker, onlooker
from cdc.kafka.lag import behind
from cdc.kafka.pipeline import KafkaPlace
from cdc.metrics import MESSAGES_BEHIND
from cdc.monitoring.sampler import ANSWER_SECONDS, Sample
from cdc.monitoring.watched import Watched
from services.kit.kafka.access import KafkaAccess


@contextmanager
def kafka_samples(watched: Watched, place: KafkaPlace) -> Iterator[Sample]:
    """Samples over one client; KafkaError, or TimeoutError if Kafka does not answer."""
    with asyncio.Runner() as runner:
        opened = AsyncExitStack()
        try:
            looking = runner.run(_looking(opened, place.access))
            yield lambda: runner.run(_take(looking, watched, place))
        finally:
            runner.run(opened.aclose())


async def _looking(opened: AsyncExitStack, access: KafkaAccess) -> Onlooker:
    async with asyncio.timeout(ANSWER_SECONDS):
        return await opened.enter_async_context(onlooker(access))


async def _take(looking: Onlooker, watched: Watched, place: KafkaPlace) -> None:
    async with asyncio.timeout(ANSWER_SECONDS):
        counted = await behind(looking, place.group(watched.catalog))
    for topic, table in table_topics(watched.catalog).items():
        MESSAGES_BEHIND.labels(watched.service, table.name).set(counted[topic])
