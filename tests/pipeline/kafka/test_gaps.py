"""Records that Kafka deleted before the sink had read them: what they may have changed is copied anew, by itself."""

from dataclasses import replace

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from cdc.catalog.declared import service_catalog
from cdc.catalog.topics import message_topic, table_topic, transaction_topic
from tests.pipeline.capture import Capture, new_file, new_version, wait_until
from tests.pipeline.gap import CHANGED, CREATED, DELETED, UNTOUCHED, write_in_gap
from tests.pipeline.kafka.captured import ByKafka

pytestmark = pytest.mark.timeout(600, func_only=True)
SECONDS = 90.0
FILES = table_topic(service_catalog("file").by_name["public", "files"])
HELD = {CHANGED: "changed", CREATED: "essay.txt", UNTOUCHED: "essay.txt"}
ALL_BEFORE = RecordsToDelete(-1)


def write_into_kafka(capture: Capture) -> None:
    """Write what nobody stores yet, and let the connector bring all of it into Kafka."""
    write_in_gap(capture)
    written = capture.wal_position()
    wait_until(lambda: capture.confirmed_by_debezium() >= written, "the connector to have read that", SECONDS)


async def delete_records(by_kafka: ByKafka, topic: str) -> None:
    """Delete whatever a topic holds, as its retention does to old records."""
    admin = AIOKafkaAdminClient(bootstrap_servers=by_kafka.kafka.bootstrap)
    await admin.start()
    try:
        [described] = await admin.describe_topics([topic])
        partitions = [TopicPartition(topic, each["partition"]) for each in described["partitions"]]
        await admin.delete_records(dict.fromkeys(partitions, ALL_BEFORE))
    finally:
        await admin.close()


def stream_before(by_kafka: ByKafka) -> None:
    """Store three files and a version of one; afterwards no sink runs, and the connector goes on."""
    with by_kafka.streaming():
        by_kafka.capture.write(*(new_file(key) for key in (CHANGED, DELETED, UNTOUCHED)), new_version(CHANGED, 1))
        by_kafka.capture.catch_up(SECONDS)


def copied_for_gaps(capture: Capture) -> set[tuple[str, str]]:
    """Each table that was copied because of a gap, with the topic that had it."""
    found = capture.select("SELECT \"table\", reason FROM cdc.snapshots FINAL WHERE reason LIKE 'Kafka had deleted%'")
    return {(table, reason.split()[5].rpartition("-")[0]) for table, reason in found}


async def make_gap(by_kafka: ByKafka, topic: str) -> None:
    """Changes that no sink has read, and a topic that has lost its records of them."""
    stream_before(by_kafka)
    write_into_kafka(by_kafka.capture)
    await delete_records(by_kafka, topic)


def shown(capture: Capture) -> dict[str, str]:
    return dict(capture.select("SELECT toString(file_id), filename FROM file.files"))


@pytest.mark.parametrize(
    ("topic", "copied"),
    [(FILES, {"files"}), (message_topic("file"), set())],
    ids=["a table's", "of messages"],
)
async def test_a_gap_in_a_topic_has_those_tables_copied_anew_that_it_may_have_touched(
    by_kafka: ByKafka, topic: str, copied: set[str]
) -> None:
    capture = by_kafka.capture
    await make_gap(by_kafka, topic)
    with by_kafka.sink():
        capture.catch_up(SECONDS)
        assert capture.differences() == []
        assert shown(capture) == HELD
    assert copied_for_gaps(capture) == {(table, topic) for table in copied}


async def test_a_gap_in_the_topic_of_transactions_has_every_table_copied_anew(by_kafka: ByKafka) -> None:
    """The changes are there, and which transaction made them will never be known: `verify` goes on to say so."""
    capture, topic = by_kafka.capture, transaction_topic("file")
    await make_gap(by_kafka, topic)
    with by_kafka.sink():
        capture.catch_up(SECONDS)
        found = capture.differences()
        assert shown(capture) == HELD
    assert copied_for_gaps(capture) == {(table.name, topic) for table in capture.catalog.tables}
    assert len(found) == 3
    assert all("no transaction is known that made version" in each for each in found)


async def test_what_is_lost_of_a_transaction_can_be_told_from_its_count(by_kafka: ByKafka) -> None:
    capture = by_kafka.capture
    await make_gap(by_kafka, FILES)
    with by_kafka.sink():
        capture.catch_up(SECONDS)
    assert [(each.held, each.made) for each in capture.miscounted_transactions()] == [(0, 3)]


async def test_a_group_that_has_committed_nothing_of_a_begun_epoch_copies_what_it_cannot_read(
    by_kafka: ByKafka,
) -> None:
    capture = by_kafka.capture
    await make_gap(by_kafka, FILES)
    forgetful = replace(by_kafka, group=f"{by_kafka.group}-anew")
    with forgetful.sink():
        capture.catch_up(SECONDS)
        assert capture.differences() == []
        assert shown(capture) == HELD
    assert copied_for_gaps(capture) == {("files", FILES)}
