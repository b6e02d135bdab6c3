"""A partitioned table by way of Kafka: a partition that is emptied alone, and rows that go from one to another."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver import Client

from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect
from tests.pipeline.kafka.captured import ByKafka
from tests.pipeline.visits import captured_museum, truncated_away, visit, visits
from tests.support.postgres import CreateDatabase

pytestmark = pytest.mark.timeout(600, func_only=True)
SECONDS = 90.0


@pytest.fixture(name="museum")
def _museum(
    service_database: CreateDatabase,
    clickhouse_server: ClickHouse,
    clickhouse: Client,
    kafka: Kafka,
    connect: Connect,
) -> Iterator[ByKafka]:
    with captured_museum(service_database("file", migrated=False), clickhouse_server.url, clickhouse) as capture:
        yield ByKafka(capture, kafka, connect)


async def test_a_truncate_of_a_partition_alone_deletes_its_rows_and_no_others(museum: ByKafka) -> None:
    capture = museum.capture
    with museum.streaming():
        capture.write(visit(0, 1), visit(1, 2), visit(1, 3))
        capture.write("TRUNCATE visits_1", visit(1, 4))
        capture.catch_up(SECONDS)
        capture.assert_whole()
    assert visits(capture) == [(1, "anna"), (4, "anna")]
    assert truncated_away(capture) == [(2, "anna"), (3, "anna")]


async def test_a_row_that_moves_to_another_partition_is_deleted_there_and_created_here(museum: ByKafka) -> None:
    capture = museum.capture
    with museum.streaming():
        capture.write(visit(0, 1))
        capture.write("UPDATE visits SET at = at + interval '1 day'")
        capture.catch_up(SECONDS)
        capture.assert_whole()
    assert visits(capture) == [(1, "anna")]
    assert capture.select("SELECT _op FROM museum.visits_history ORDER BY _version") == [("c",), ("d",), ("c",)]
