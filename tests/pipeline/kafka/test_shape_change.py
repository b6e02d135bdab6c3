"""Columns that come, go and change while changes come through Kafka: nothing is lost, and nothing needs a hand."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver import Client

from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect
from tests.pipeline.kafka.captured import ByKafka
from tests.pipeline.market import captured_market, change, goods, shown
from tests.support.postgres import CreateDatabase

pytestmark = pytest.mark.timeout(900, func_only=True)


@pytest.fixture(name="market")
def _market(
    service_database: CreateDatabase,
    clickhouse_server: ClickHouse,
    clickhouse: Client,
    kafka: Kafka,
    connect: Connect,
) -> Iterator[ByKafka]:
    with captured_market(service_database("file", migrated=False), clickhouse_server.url, clickhouse) as capture:
        yield ByKafka(capture, kafka, connect)


async def test_columns_added_retyped_and_dropped_under_way_lose_no_value(market: ByKafka) -> None:
    capture = market.capture
    capture.write(goods(1))
    with market.streaming():
        change(capture, "ALTER TABLE goods ADD COLUMN colour text")
        capture.write(goods(2, colour="'red'"), "UPDATE goods SET colour = 'blue' WHERE number = 1")
        capture.catch_up()
        assert shown(capture, "number, colour") == [(1, "blue"), (2, "red")]
        change(capture, "ALTER TABLE goods ALTER COLUMN pieces TYPE bigint")
        capture.write(goods(3, pieces="9000000000"))
        change(capture, "ALTER TABLE goods DROP COLUMN colour")
        capture.write(goods(4))
        capture.catch_up()
        capture.assert_whole()


async def test_a_column_that_came_and_went_before_anybody_looked_is_kept(market: ByKafka) -> None:
    capture = market.capture
    with market.streaming():
        capture.write("ALTER TABLE goods ADD COLUMN colour text")
        capture.write(goods(1, colour="'red'"))
        capture.write("ALTER TABLE goods DROP COLUMN colour")
        capture.write(goods(2))
        capture.catch_up()
        assert capture.select("SELECT number, colour FROM market.goods_history ORDER BY number") == [
            (1, "red"),
            (2, None),
        ]
        capture.assert_whole()
