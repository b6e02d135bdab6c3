"""What a service reads its requests with, made of its settings."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from services.kit.postgres.database import Database
from services.kit.topics.attempts import Attempts
from services.kit.topics.consumer import TopicConsumer
from services.kit.topics.parked_messages import ParkedMessageColumns
from services.kit.topics.request_topics import make_topics
from services.kit.topics.requests import Requests
from services.kit.topics.settings import TopicSettings

# A partition that is taken up again waits as long for a fetch that went out without it.
_LONGEST_FETCH_MS = 100


def consumers_of(
    service: str,
    settings: TopicSettings,
    database: Database,
    parked: type[ParkedMessageColumns],
    requests: Sequence[Requests[Any]],
) -> list[TopicConsumer]:
    """One consumer of all the service's requests; none if the settings name no Kafka."""
    access = settings.kafka
    if access is None:
        return []
    at_once = asyncio.Semaphore(settings.kafka_concurrency)
    attempts = {each.topic: Attempts(each.take, database, parked, at_once) for each in requests}
    client = {
        "client_id": service,
        "group_id": f"huleedu.{service}",
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "isolation_level": "read_committed",
        "fetch_max_wait_ms": _LONGEST_FETCH_MS,
    }
    made = (settings.kafka_partitions, settings.kafka_copies)
    prepare = partial(make_topics, access, tuple(attempts), *made)
    return [TopicConsumer(access, client, attempts, prepare)]
