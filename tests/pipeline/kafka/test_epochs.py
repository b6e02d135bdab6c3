"""A slot that is lost under Kafka Connect: a new epoch, a connector that follows it, and every table copied anew."""

import pytest

from tests.pipeline.capture import file_ids, new_file, wait_until
from tests.pipeline.kafka.captured import ByKafka
from tests.support.sql import run

pytestmark = pytest.mark.timeout(900, func_only=True)
ONE, TWO, THREE = file_ids(3)
SLOT = "huleedu_file_debezium"
IS_READ = f"SELECT active FROM pg_replication_slots WHERE slot_name = '{SLOT}'"


async def test_a_slot_that_is_gone_begins_an_epoch_which_the_connector_follows(by_kafka: ByKafka) -> None:
    capture, superuser = by_kafka.capture, by_kafka.capture.database.superuser_dsn
    followed = by_kafka.following_epochs()
    with followed.streaming():
        capture.write(new_file(ONE), new_file(TWO))
        capture.catch_up(60)
    by_kafka.stop_connector()
    wait_until(lambda: (True,) not in run(superuser, IS_READ), "the slot to be free")
    run(superuser, f"SELECT pg_drop_replication_slot('{SLOT}')")
    capture.write(f"DELETE FROM files WHERE file_id = '{ONE}'", new_file(THREE))
    with followed.sink():
        wait_until(lambda: bool((epoch := capture.epoch()) and epoch.number == 2), "the epoch", 60)
        capture.catch_up(90)
        capture.write(f"UPDATE files SET filename = 'in the new epoch' WHERE file_id = '{TWO}'")
        capture.catch_up(60)
        capture.assert_whole()
        assert capture.select("SELECT toString(file_id), filename FROM file.files ORDER BY file_id") == [
            (TWO, "in the new epoch"),
            (THREE, "essay.txt"),
        ]
