"""A database that nobody modelled, by way of Kafka: adopted, copied, streamed, proved equal, and released."""

import pytest

from cdc.connect.apply import Patience, delete
from cdc.connect.configuration import connector_name
from cdc.connect.rest import connect_client
from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect
from deploy.local.postgres import Postgres
from tests.pipeline.foreign import CHANGES, SHOP, foreign_database
from tests.pipeline.kafka.captured import ByKafka
from tests.support.service_database import ServiceTemplates

pytestmark = pytest.mark.timeout(600, func_only=True)


async def test_an_adopted_database_is_carried_whole_and_put_back_as_it_was(
    postgres_server: Postgres,
    service_templates: ServiceTemplates,
    clickhouse_server: ClickHouse,
    kafka: Kafka,
    connect: Connect,
) -> None:
    with foreign_database(postgres_server, service_templates, clickhouse_server.url) as shop:
        shop.sql(*SHOP)
        before = shop.footprint()
        adopted = shop.adopt("--exclude", "customers.secret")
        assert adopted.exit_code == 0, adopted.output
        by_kafka = ByKafka(shop.capture, kafka, connect)
        with by_kafka.streaming():
            shop.sql(*CHANGES)
            by_kafka.capture.catch_up(90)
            by_kafka.capture.assert_whole()
            assert shop.capture.select(f"SELECT name, feels FROM {shop.name}.customers ORDER BY id") == [
                ("anna", "it's so so"),
                ("bo", None),
                ("cleo", None),
            ]
        refused = shop.release()
        assert refused.exit_code == 2
        assert "run `python -m cdc connect delete` first" in refused.stderr
        with connect_client(connect.url) as client:
            delete(client, connector_name(shop.name), Patience(60))
        released = shop.release()
        assert released.exit_code == 0, released.output
        assert shop.footprint() == before
