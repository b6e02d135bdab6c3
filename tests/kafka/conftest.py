"""The fixtures of the pipeline's tests, and what goes by way of Kafka beside them."""

import pytest

from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect
from tests.kafka.captured import ByKafka
from tests.pipeline.capture import Capture
from tests.pipeline.conftest import _capture, _clickhouse  # noqa: F401


@pytest.fixture(name="by_kafka")
def _by_kafka(capture: Capture, kafka: Kafka, connect: Connect) -> ByKafka:
    """The file service's database, with topics, connector and group of its own."""
    return ByKafka(capture, kafka, connect)
