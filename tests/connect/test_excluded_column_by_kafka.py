"""A column that its table excludes: Debezium writes it into no topic, neither as a value nor as an old one."""

from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect
from tests.connect.through_kafka import ThroughKafka
from tests.pipeline.capture import Capture
from tests.pipeline.test_excluded_column import SECRET, _shop, everything_stored

__all__ = ["_shop"]


def test_an_excluded_column_is_in_no_topic_and_not_in_clickhouse(shop: Capture, connect: Connect, kafka: Kafka) -> None:
    through = ThroughKafka(shop, connect, kafka.bootstrap)
    with through.connected():
        shop.write(f"INSERT INTO goods VALUES (1, 'pen', '{SECRET}'), (2, 'ink', '{SECRET}')")
        shop.write(f"UPDATE goods SET name = 'pencil', secret = '{SECRET} at all' WHERE number = 1")
        shop.write("UPDATE goods SET number = 3 WHERE number = 1", "DELETE FROM goods WHERE number = 2")
        told = through.told()
    topic = told["huleedu.shop.public.goods"]
    assert len(topic) == 6
    assert SECRET.encode() not in b"".join(
        record.value + (record.key or b"") for kept in told.values() for record in kept
    )
    through.store(told)
    assert shop.select("SELECT number, name FROM shop.goods") == [(3, "pencil")]
    assert SECRET not in everything_stored(shop)
