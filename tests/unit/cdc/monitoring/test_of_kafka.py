"""Asking Kafka for metrics while it does not answer: that ends, and leaves nothing open."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest
from aiokafka.errors import KafkaError

from cdc.kafka.pipeline import KafkaPlace
from cdc.monitoring.of_kafka import kafka_samples
from cdc.monitoring.watched import Watched
from cdc.stream_metrics import StreamMetrics
from deploy.local.ports import free_port
from services.kit.kafka.access import KafkaAccess
from tests.support.silent_server import silent_server
from tests.unit.cdc.tables import shelf_catalog

SOON = 10.0


def nobody() -> AbstractContextManager[str]:
    return nullcontext(f"127.0.0.1:{free_port()}")


@pytest.mark.parametrize("address", [nobody, silent_server])
def test_a_kafka_that_does_not_answer_is_not_waited_for(
    address: Callable[[], AbstractContextManager[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdc.monitoring.of_kafka.ANSWER_SECONDS", 0.5)
    began = time.monotonic()
    with address() as bootstrap:
        place = KafkaPlace(KafkaAccess(bootstrap))
        samples = kafka_samples(Watched(shelf_catalog(), "", "", StreamMetrics("library"), place), place)
        with pytest.raises((KafkaError, TimeoutError)):
            samples.__enter__()
    assert time.monotonic() - began < SOON
