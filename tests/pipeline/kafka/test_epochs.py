"""A slot that is lost under Kafka Connect: a new epoch, a connector that follows it, and every table copied anew."""

from pathlib import Path

import pytest

from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect
from deploy.local.ports import free_port
from deploy.local.postgres import running_postgres
from tests.pipeline.capture import Capture, file_ids, new_file, wait_until
from tests.pipeline.clusters import Service, promote_at_next_start
from tests.pipeline.gap import CHANGED, CREATED, DELETED, UNTOUCHED, epochs, has_epochs, write_in_gap
from tests.pipeline.kafka.captured import ByKafka
from tests.support.sql import run

pytestmark = pytest.mark.timeout(900, func_only=True)
ONE, TWO, THREE = file_ids(3)
SLOT = "huleedu_file_debezium"
IS_READ = f"SELECT active FROM pg_replication_slots WHERE slot_name = '{SLOT}'"
READER = f"SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots WHERE slot_name = '{SLOT}'"
SECONDS = 120.0


def write_before(capture: Capture) -> None:
    capture.write(*(new_file(key) for key in (CHANGED, DELETED, UNTOUCHED)))
    capture.catch_up(SECONDS)


def assert_a_second_epoch_closed_the_gap(capture: Capture, reason: str) -> None:
    """It comes by itself, and what is written in it comes through the connector."""
    wait_until(lambda: has_epochs(capture, 2), "a new epoch", SECONDS)
    capture.catch_up(SECONDS)
    capture.assert_whole(lost_epochs=(1,))
    capture.write(f"UPDATE files SET filename = 'in the new epoch' WHERE file_id = '{CHANGED}'")
    capture.catch_up(SECONDS)
    capture.assert_whole(lost_epochs=(1,))
    assert capture.select("SELECT toString(file_id), filename FROM file.files ORDER BY file_id") == [
        (CHANGED, "in the new epoch"),
        (CREATED, "essay.txt"),
        (UNTOUCHED, "essay.txt"),
    ]
    streamed = "SELECT filename FROM file.files_history WHERE _op = 'u' AND _epoch = 2"
    assert capture.select(streamed) == [("in the new epoch",)]
    assert reason in epochs(capture)[1][1]


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


async def test_a_slot_that_is_dropped_under_sink_and_connector_needs_nobodys_help(by_kafka: ByKafka) -> None:
    capture, superuser = by_kafka.capture, by_kafka.capture.database.superuser_dsn
    with by_kafka.following_epochs().streaming():
        write_before(capture)
        run(superuser, READER)
        run(superuser, f"SELECT pg_drop_replication_slot('{SLOT}')")
        write_in_gap(capture)
        assert_a_second_epoch_closed_the_gap(capture, "the replication slot was gone")


async def test_a_slot_that_the_connector_still_reads_is_freed_where_an_epoch_begins(
    place: Path, service_of: Service, kafka: Kafka, connect: Connect
) -> None:
    """A promoted cluster has the slot, and its connector goes on with it as if nothing had happened."""
    port = free_port()
    with running_postgres(place, port=port) as server:
        by_kafka = ByKafka(service_of(server), kafka, connect).following_epochs()
        with by_kafka.streaming():
            write_before(by_kafka.capture)
    promote_at_next_start(place / "data")
    with running_postgres(place, port=port):
        capture = by_kafka.capture
        wait_until(lambda: (True,) in run(capture.database.superuser_dsn, IS_READ), "the connector to go on", SECONDS)
        write_in_gap(capture)
        with by_kafka.sink():
            assert_a_second_epoch_closed_the_gap(capture, "PostgreSQL is on timeline 2 and was on 1")
