"""What a service may be told about the topics that it reads and publishes to; its settings derive from it."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, PositiveInt, StringConstraints

from services.kit.postgres.processed_messages_purge import MessageRetentionSettings
from services.kit.topics.outbox import OUTBOX_RETENTION

Servers = Annotated[str, StringConstraints(pattern=r"^[^\s,]+:\d+(,[^\s,]+:\d+)*$")]
# A file for containers can leave a variable empty, and not leave it out.
ServersIfAny = Annotated[Servers | None, BeforeValidator(lambda text: text or None)]


class TopicSettings(MessageRetentionSettings):
    """kafka_bootstrap: host:port of brokers, comma between; without it, or empty, requests come over HTTP alone.

    kafka_concurrency: messages that are done at once; kafka_partitions, kafka_copies: of a topic that is not there yet.
    """

    kafka_bootstrap: ServersIfAny = None
    kafka_concurrency: PositiveInt = 4
    kafka_partitions: PositiveInt = 12
    kafka_copies: PositiveInt = 1
    outbox_retention: timedelta = Field(default=OUTBOX_RETENTION, gt=timedelta(0), le=timedelta(days=36500))
