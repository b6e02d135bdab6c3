"""What goes by way of Kafka, beside the pipeline's other fixtures."""

import pytest

from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect
from tests.pipeline.capture import Capture
from tests.pipeline.kafka.captured import ByKafka


@pytest.fixture(name="by_kafka")
def _by_kafka(capture: Capture, kafka: Kafka, connect: Connect) -> ByKafka:
    """The file service's database, with topics, connector and group of its own."""
    return ByKafka(capture, kafka, connect)
