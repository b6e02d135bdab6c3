"""What a service may be told about the topics that it reads and publishes to; its settings derive from it."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, PositiveInt

from services.kit.kafka.access import KafkaAccess
from services.kit.kafka.settings import KafkaAccessSettings, Servers
from services.kit.postgres.processed_messages_purge import MessageRetentionSettings
from services.kit.topics.outbox import OUTBOX_RETENTION

# A file for containers can leave a variable empty, and not leave it out.
ServersIfAny = Annotated[Servers | None, BeforeValidator(lambda text: text or None)]


class TopicSettings(MessageRetentionSettings, KafkaAccessSettings):
    """kafka_bootstrap: host:port of brokers, comma between; without it, or empty, requests come over HTTP alone.

    kafka_concurrency: messages that are done at once; kafka_partitions, kafka_copies: of a topic that is not there yet.
    """

    kafka_bootstrap: ServersIfAny = None
    kafka_concurrency: PositiveInt = 4
    kafka_partitions: PositiveInt = 12
    kafka_copies: PositiveInt = 1
    outbox_retention: timedelta = Field(default=OUTBOX_RETENTION, gt=timedelta(0), le=timedelta(days=36500))

    @property
    def kafka(self) -> KafkaAccess | None:
        """How Kafka is reached; None without any."""
        return None if self.kafka_bootstrap is None else self.access_to(self.kafka_bootstrap)
