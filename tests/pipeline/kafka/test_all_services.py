"""Every service by way of Kafka: every table of each is written to, and ClickHouse holds what PostgreSQL does."""

from contextlib import ExitStack

import pytest

from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect
from services.registry import SERVICES
from tests.pipeline.capture import Capture
from tests.pipeline.kafka.captured import ByKafka
from tests.support.generated_writes import insert_rows, write_and_delete

pytestmark = pytest.mark.timeout(1200, func_only=True)
COPIED, STREAMED, DELETED = [1, 2], [3, 4, 5, 6], [5, 6]


async def test_every_captured_table_of_every_service_is_carried_whole(
    captures: dict[str, Capture], kafka: Kafka, connect: Connect
) -> None:
    for service in SERVICES:
        insert_rows(service, captures[service.name].database.migrator_url, COPIED)
    with ExitStack() as streaming:
        for capture in captures.values():
            streaming.enter_context(ByKafka(capture, kafka, connect).streaming())
        for service in SERVICES:
            write_and_delete(service, captures[service.name].database.migrator_url, STREAMED, DELETED)
        for capture in captures.values():
            capture.catch_up(120)
            capture.assert_whole()
