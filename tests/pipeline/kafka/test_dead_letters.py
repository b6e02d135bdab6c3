"""What ClickHouse refuses of Kafka's messages: parked by key as by way of the slot, and healed by the same commands."""

import json
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer

from cdc.catalog.topics import table_topic
from cdc.dead_letters.letter_box import Chosen, pages
from tests.pipeline.capture import Capture, file_ids, new_file, wait_until
from tests.pipeline.dead_letters import POISON, parked, redriven, refusing, without_letters
from tests.pipeline.kafka.captured import ByKafka

pytestmark = pytest.mark.timeout(900, func_only=True)
ONE, TWO, THREE = file_ids(3)


def rename(key: str, filename: str) -> str:
    return f"UPDATE files SET filename = '{filename}' WHERE file_id = '{key}'"


def names(capture: Capture) -> dict[str, str]:
    return {str(key): name for key, name in capture.select("SELECT file_id, filename FROM file.files")}


async def test_a_refused_change_parks_its_key_alone_and_redrive_heals_it(by_kafka: ByKafka) -> None:
    capture = by_kafka.capture
    with by_kafka.streaming(), refusing(capture) as mend:
        capture.write(new_file(ONE), new_file(TWO, POISON), new_file(THREE))
        capture.write(rename(TWO, "behind"), rename(ONE, "not behind"))
        capture.catch_up()
        assert names(capture) == {ONE: "not behind", THREE: "essay.txt"}
        assert parked(capture) == [(TWO, "c", True), (TWO, "u", False)]
        assert without_letters(capture.differences()) == []
        capture.write(rename(THREE, POISON), "TRUNCATE file_versions", rename(TWO, "last"))
        capture.catch_up()
        assert parked(capture)[2:] == [(THREE, "u", True), (TWO, "u", False)]
        mend()
        assert redriven(capture) == (4, [])
        capture.write(rename(TWO, "again"))
        capture.catch_up()
        capture.assert_whole()
        assert names(capture) == {ONE: "not behind", TWO: "again", THREE: POISON}
    assert parked(capture) == []


async def test_bytes_that_cannot_be_read_are_kept_as_they_came_under_their_key(by_kafka: ByKafka) -> None:
    capture, topic = by_kafka.capture, table_topic(by_kafka.capture.table("files"))
    with by_kafka.streaming():
        capture.write(new_file(ONE), new_file(TWO))
        capture.catch_up()
        key, broken = json.dumps({"file_id": ONE}).encode(), b'{"before":null,"after":{"file_id":"'
        async with AIOKafkaProducer(bootstrap_servers=by_kafka.kafka.bootstrap) as producer:
            await producer.send_and_wait(topic, broken, key=key)
        wait_until(lambda: len(parked(capture)) == 1, "the letter")
        capture.write(rename(ONE, "behind"), rename(TWO, "flows on"))
        capture.catch_up()
        assert names(capture) == {ONE: "essay.txt", TWO: "flows on"}
        assert parked(capture) == [(ONE, "?", True), (ONE, "u", False)]
        [[letter, _]] = pages(capture.clickhouse, "file", "files", Chosen())
        assert letter.envelope == broken
        assert f"{topic}-" in letter.reason
        stored, refused = redriven(capture)
        assert (stored, len(refused)) == (0, 2)


async def test_one_refused_change_after_the_other_stops_the_service_and_nothing_is_lost(
    by_kafka: ByKafka, caplog: pytest.LogCaptureFixture
) -> None:
    capture, few = by_kafka.capture, replace(by_kafka, refused_in_a_row=5)
    with few.streaming(), refusing(capture) as mend:
        capture.write(*(new_file(key, POISON) for key in file_ids(20)))
        wait_until(lambda: "ClickHouse refused 5 changes with none stored between" in caplog.text, "the stop", 60)
        assert len(parked(capture)) < 5
        mend()
        capture.catch_up(60)
        redriven(capture)
        capture.assert_whole()
        assert len(names(capture)) == 20
