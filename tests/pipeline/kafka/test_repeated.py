"""A worker that writes at least once, killed in mid-load: what it repeats is stored again, and shown once."""

import asyncio
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from cdc.catalog.topics import table_topics
from cdc.connect.configuration import Kafka as Delivery
from cdc.kafka.consumer import onlooker
from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import running_connect
from deploy.local.kafka.worker_command import Worker
from tests.pipeline.capture import Capture, wait_until
from tests.pipeline.kafka.captured import ByKafka
from tests.pipeline.writers import Load
from tests.support.directories import server_directory

pytestmark = pytest.mark.timeout(600, func_only=True)
SECONDS = 120.0


@pytest.fixture(name="directory")
def _directory() -> Iterator[Path]:
    """Where a worker of the test's own runs."""
    with server_directory() as directory:
        yield directory


async def records(by_kafka: ByKafka) -> int:
    """How many changes the topics of the tables hold: without transactions of Kafka's, each offset is one."""
    async with onlooker(by_kafka.place.access) as looking:
        partitions = await looking.partitions(table_topics(by_kafka.capture.catalog))
        return sum((await looking.ends([each for some in partitions.values() for each in some])).values())


def changes(capture: Capture) -> int:
    """How many changes of the tables are stored, each counted once."""
    tables = [f"{table.service}.{table.name}_history" for table in capture.catalog.tables]
    return sum(int(capture.select(f"SELECT count() FROM {each} WHERE _op != 'r'")[0][0]) for each in tables)


async def test_a_killed_worker_that_is_not_exactly_once_repeats_changes_which_are_shown_once(
    capture: Capture, kafka: Kafka, directory: Path, seed: int
) -> None:
    worker = Worker(kafka.bootstrap, group=f"repeating-{uuid4().hex[:8]}", exactly_once=False, brief=True)
    with running_connect(directory, worker) as first:
        by_kafka = ByKafka(capture, kafka, first, delivery=Delivery(exactly_once=False))
        with by_kafka.streaming():
            with Load(seed, writers=2).going_on(capture):
                wait_until(lambda: changes(capture) > 50, "changes to be stored", SECONDS)
                os.kill(first.pid, signal.SIGKILL)
                await asyncio.sleep(random.Random(seed).uniform(0, 3))
            with running_connect(directory, worker):
                capture.catch_up(SECONDS)
                capture.assert_whole()
    assert await records(by_kafka) > changes(capture)
