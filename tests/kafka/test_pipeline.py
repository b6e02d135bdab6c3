"""Everything by way of Kafka: what is written in PostgreSQL ends up in ClickHouse, equal, and is proved so."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from cdc.catalog.topics import topics
from cdc.kafka.pipeline import PACE, KafkaPipeline, KafkaPlace
from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect
from tests.kafka.connector import put_connector
from tests.pipeline.capture import HEARTBEAT_SECONDS, SHAPE_SECONDS, SOON, Capture, file_ids, new_file, new_version


async def make_topics(kafka: Kafka, capture: Capture) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics(
        [NewTopic(t, 1 if t.endswith(("transaction", "message")) else 3, 1) for t in topics(capture.catalog)]
    )
    await admin.close()


@contextmanager
def running(capture: Capture, kafka: Kafka, group: str) -> Iterator[None]:
    pipeline = KafkaPipeline(
        capture.catalog,
        capture.database.cdc_url,
        capture.clickhouse_url,
        KafkaPlace(kafka.bootstrap, group),
        HEARTBEAT_SECONDS,
        replace(PACE, apart_seconds=0.01),
        shape_seconds=SHAPE_SECONDS,
    )
    stopping = threading.Event()
    thread = threading.Thread(target=pipeline.run, args=(stopping,))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(SOON)
        assert not thread.is_alive()


async def test_it(capture: Capture, kafka: Kafka, connect: Connect) -> None:
    await make_topics(kafka, capture)
    first, second, third = file_ids(3)
    capture.write(new_file(first))
    with running(capture, kafka, "test-it"):
        time.sleep(1)
        put_connector(connect, capture.database, "file")
        capture.catch_up()
        capture.write(new_file(second), new_version(second, 1))
        capture.write(f"UPDATE files SET filename = 'o\u00e4 \"x\".txt' WHERE file_id = '{second}'", new_file(third))
        capture.write(f"DELETE FROM files WHERE file_id = '{first}'")
        capture.catch_up()
        assert capture.differences() == []
        capture.assert_whole()
        t = time.time()
        capture.catch_up()
        print("progress", time.time() - t)
        capture.write("TRUNCATE files CASCADE")
        capture.catch_up()
        capture.assert_whole()
        print(
            capture.select("SELECT * FROM cdc.transactions"),
            capture.select("SELECT * FROM cdc.progress"),
            capture.select("SELECT * from cdc.snapshots"),
        )
