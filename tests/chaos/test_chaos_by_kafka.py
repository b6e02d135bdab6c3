"""A short run by way of Kafka: what befalls this way alone, once each and both JVMs killed, and every promise kept."""

from pathlib import Path

import pytest

from tests.chaos.by_kafka import BY_KAFKA
from tests.chaos.kafka_faults import KAFKA_KINDS
from tests.chaos.run import Order, run_faults
from tests.support.kafka import require_kafka

_SEED = 2026


@pytest.mark.timeout(1200)
def test_every_promise_is_kept_through_what_befalls_kafka_connect_and_the_sinks(tmp_path: Path) -> None:
    require_kafka()
    kinds = list(KAFKA_KINDS)
    verdict = run_faults(Order(BY_KAFKA, _SEED, len(BY_KAFKA.round(kinds)), kinds), tmp_path / "kept")
    print(verdict)
    assert not verdict.problems
    assert verdict.faults.keys() == set(kinds)
