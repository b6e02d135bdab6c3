"""Every service by way of Kafka: every table of each is written to, and ClickHouse holds what PostgreSQL does."""

import pytest

from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect
from services.registry import SERVICES
from tests.pipeline.capture import Capture
from tests.pipeline.kafka.captured import ByKafka
from tests.support.generated_writes import insert_rows, write_and_delete

pytestmark = pytest.mark.timeout(600, func_only=True)
COPIED, STREAMED, DELETED = [1, 2], [3, 4, 5, 6], [5, 6]


# One after the other: a machine of two cores is busy with the beats of five connectors and sinks alone.
@pytest.mark.parametrize("name", [service.name for service in SERVICES])
async def test_every_captured_table_of_a_service_is_carried_whole(
    captures: dict[str, Capture], kafka: Kafka, connect: Connect, name: str
) -> None:
    capture = captures[name]
    service, address = capture.database.service, capture.database.migrator_url
    insert_rows(service, address, COPIED)
    with ByKafka(capture, kafka, connect).streaming():
        write_and_delete(service, address, STREAMED, DELETED)
        capture.catch_up(120)
        capture.assert_whole()
