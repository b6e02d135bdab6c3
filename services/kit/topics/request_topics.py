"""Topics that requests come from: made where nobody has made them, with as many partitions as the settings say."""

from collections.abc import Iterable

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code

from services.kit.kafka.access import KafkaAccess
from services.kit.kafka.starting import start

_IS_THERE = {NoError, TopicAlreadyExistsError}

log = structlog.get_logger(__name__)


async def make_topics(access: KafkaAccess, topics: Iterable[str], partitions: int, copies: int) -> None:
    """Make those that are not there, each partition on so many brokers; one that is stays as it is.

    KafkaError while Kafka is away. Who may not make topics reads those that others made.
    """
    admin = AIOKafkaAdminClient(**access.arguments())
    try:
        await start(admin, access)
        answer = await admin.create_topics([NewTopic(topic, partitions, copies) for topic in topics])
    finally:
        await admin.close()
    for topic, code, *_ in answer.topic_errors:
        if for_code(code) not in _IS_THERE:
            log.warning("topic_not_made", topic=topic, reason=for_code(code).description)
