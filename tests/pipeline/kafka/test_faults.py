"""Kills, pauses and lost answers on the way through Kafka: afterwards ClickHouse equals PostgreSQL, nothing twice."""

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest

from tests.pipeline.capture import wait_until
from tests.pipeline.cdc_process import cdc_command, cdc_run
from tests.pipeline.cutting_proxy import cutting_proxy
from tests.pipeline.kafka.captured import ByKafka
from tests.pipeline.writers import Load

pytestmark = [pytest.mark.timeout(900, func_only=True), pytest.mark.usefixtures("short_backoff")]
CATCH_UP_SECONDS = 90.0


def settings(by_kafka: ByKafka) -> dict[str, str]:
    """What makes `cdc run` a sink of the group."""
    return {
        "CDC_SOURCE": "kafka",
        "CDC_KAFKA_BOOTSTRAP": by_kafka.kafka.bootstrap,
        "CDC_KAFKA_GROUP": by_kafka.group,
        "CDC_TOPIC_PARTITIONS": "3",
    }


async def test_two_sinks_killed_and_paused_in_mid_load_lose_nothing(
    by_kafka: ByKafka, seed: int, tmp_path: Path
) -> None:
    capture, rng = by_kafka.capture, random.Random(seed)
    logs = [tmp_path / f"{number}.log" for number in range(3)]

    def share_of(number: int) -> None:
        wait_until(lambda: "assigned: huleedu" in logs[number].read_text(), "its share", CATCH_UP_SECONDS)

    with cdc_run(capture, logs[0], **settings(by_kafka)) as first:
        wait_until(lambda: capture.confirmed_by_debezium() > 0, "the slot", CATCH_UP_SECONDS)
        by_kafka.put_connector()
        capture.catch_up(CATCH_UP_SECONDS)
        with cdc_run(capture, logs[1], **settings(by_kafka)) as second:
            share_of(1)
            with Load(seed, writers=1).going_on(capture):
                await asyncio.sleep(rng.uniform(1, 3))
                first.kill()
                first.wait()
                await asyncio.sleep(rng.uniform(0, 2))
                # Longer than the group waits for a sign of life: it goes on without this one, which then comes back.
                os.kill(second.pid, signal.SIGSTOP)
                with cdc_run(capture, logs[2], **settings(by_kafka)) as third:
                    share_of(2)
                    await asyncio.sleep(3)
                    os.kill(second.pid, signal.SIGCONT)
                    await asyncio.sleep(rng.uniform(1, 4))
                    third.send_signal(signal.SIGTERM)
                    assert third.wait(CATCH_UP_SECONDS) == 0
            capture.catch_up(CATCH_UP_SECONDS)
    with by_kafka.sink():
        capture.catch_up(CATCH_UP_SECONDS)
        capture.assert_whole()
        equal = cdc_command(capture, "verify", "file")
        assert (equal.returncode, equal.stdout.count(": equal, ")) == (0, 2), equal.stderr
    assert [log.name for log in logs if "Traceback" in log.read_text()] == []


async def test_answers_that_are_lost_are_stored_again_and_shown_once(by_kafka: ByKafka, seed: int) -> None:
    capture = by_kafka.capture
    with by_kafka.streaming():
        pass
    with cutting_proxy(capture.clickhouse_url, seed, cut=0.25) as (proxy, url), by_kafka.through(url).sink():
        with Load(seed, writers=4).going_on(capture):
            wait_until(lambda: min(proxy.ends[end] for end in ("lost", "unanswered")) >= 5, "inserts to be cut", 90)
        capture.catch_up(CATCH_UP_SECONDS)
    with by_kafka.sink():
        capture.catch_up(CATCH_UP_SECONDS)
        capture.assert_whole()
