"""From the slot to Kafka and back under load: every change once, none lost, and nothing copied anew."""

import pytest

from cdc.bookkeeping.copies import copies
from cdc.catalog.sources import Source
from cdc.connect.apply import Patience, delete
from cdc.connect.configuration import connector_name
from cdc.connect.rest import connect_client
from cdc.postgres import session
from cdc.source.switch import Outcome, Switch
from tests.pipeline.kafka.captured import ByKafka
from tests.pipeline.writers import Load

pytestmark = pytest.mark.timeout(900, func_only=True)
SECONDS = 90.0


def switched(by_kafka: ByKafka, source: Source) -> Outcome:
    def forget_connector() -> None:
        with connect_client(by_kafka.connect.url) as client:
            delete(client, connector_name("file"), Patience(SECONDS))

    capture = by_kafka.capture
    with session(capture.database.cdc_url) as connection:
        return Switch(connection, capture.clickhouse, "file", SECONDS, forget_connector).to(source)


async def test_each_change_comes_by_way_of_one_source_or_as_the_same_by_both(by_kafka: ByKafka, seed: int) -> None:
    capture = by_kafka.capture
    with Load(seed, writers=3).going_on(capture):
        with capture.streaming():
            made = copies(capture.clickhouse, "file", 1)
            assert switched(by_kafka, Source.KAFKA).still_read == "huleedu_file_slot"
            by_kafka.put_connector()
            with by_kafka.sink():
                capture.catch_up(SECONDS)
        with by_kafka.sink():
            capture.catch_up(SECONDS)
            assert switched(by_kafka, Source.KAFKA) == Outcome(Source.KAFKA, None, None)
            assert capture.slots() == {"huleedu_file_debezium"}
            capture.catch_up(SECONDS)
            assert switched(by_kafka, Source.SLOT).still_read is None
            assert capture.slots() == {"huleedu_file_slot"}
        with capture.running():
            capture.catch_up(SECONDS)
    with capture.running():
        capture.catch_up(SECONDS)
        capture.assert_whole()
    assert copies(capture.clickhouse, "file", 1) == made
    assert capture.select("SELECT epoch FROM cdc.epochs FINAL") == [(1,)]
