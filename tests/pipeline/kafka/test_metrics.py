"""What a sink from Kafka tells of itself, of each table, of what waits in Kafka, and of its connector."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client import REGISTRY
from pydantic import HttpUrl

from cdc.bookkeeping.progress import progress
from cdc.catalog.postgres_ddl import debezium_slot_name
from cdc.connect.configuration import connector_name
from cdc.connect.rest import connect_client
from cdc.monitoring.monitor import monitoring
from cdc.monitoring.watched import Watched
from cdc.settings import CdcSettings
from cdc.stream_metrics import StreamMetrics
from deploy.local.ports import free_port
from tests.deploy.declared_metrics import declared
from tests.pipeline.capture import file_ids, new_file, new_version, wait_until
from tests.pipeline.kafka.captured import ByKafka
from tests.support.sql import run

pytestmark = pytest.mark.timeout(900, func_only=True)


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    for metric in declared("cdc.metrics"):
        metric.clear()


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"huleedu_cdc_{name}", labels)


@contextmanager
def watched(by_kafka: ByKafka, metrics: StreamMetrics) -> Iterator[None]:
    """What `cdc run` asks servers about a service whose changes come by Kafka, asked often."""
    settings = CdcSettings(
        clickhouse_url=HttpUrl(by_kafka.capture.clickhouse_url), metrics_port=free_port(), sample_seconds=0.2
    )
    slot, place = debezium_slot_name("file"), by_kafka.following_epochs().place
    with monitoring(settings) as monitor:
        monitor.watch([Watched(by_kafka.capture.catalog, by_kafka.capture.database.cdc_url, slot, metrics, place)])
        yield


async def test_it_counts_what_is_stored_and_knows_how_far_everything_is(by_kafka: ByKafka) -> None:
    capture, metrics, (first, second) = by_kafka.capture, StreamMetrics("file"), file_ids(2)
    capture.write(new_file(first))
    with by_kafka.telling(metrics).streaming():
        assert value("rows_copied_total", service="file", table="files") == 1
        capture.write(new_file(second), new_version(first, 1), new_version(second, 1))
        capture.catch_up()
        wait_until(lambda: value("rows_stored_total", service="file", table="file_versions") == 2, "the count")
        assert value("rows_stored_total", service="file", table="files") == 1
        assert value("insert_seconds_count", service="file", table="files") == 1
        assert value("batch_rows_sum", service="file") == 3
        [(now,)] = run(capture.database.cdc_url, "SELECT extract(epoch FROM clock_timestamp())::float8")
        newest = value("newest_change_timestamp_seconds", service="file", table="files")
        assert isinstance(now, float)
        assert newest is not None
        assert now - 60 < newest <= now
    stored, told = progress(capture.clickhouse, "file"), metrics.progress.reached
    assert stored is not None
    assert told is not None
    assert told.position == stored.position
    assert not value("restarts_total", service="file", reason="defect")


async def test_it_tells_how_late_each_table_is_what_waits_in_kafka_and_whether_the_connector_runs(
    by_kafka: ByKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever shares the machine may keep Kafka busy for longer than it may be at work.
    monkeypatch.setattr("cdc.monitoring.of_kafka.ANSWER_SECONDS", 60)
    capture, metrics, (first, second) = by_kafka.capture, StreamMetrics("file"), file_ids(2)
    files, connector = {"service": "file", "table": "files"}, connector_name("file")
    with watched(by_kafka, metrics):
        with by_kafka.telling(metrics).streaming():
            wait_until(lambda: value("connector_running", service="file", connector=connector) == 1, "the task", 60)
            wait_until(lambda: metrics.progress.seconds_since(0) is not None, "PostgreSQL's clock", 60)
            capture.write(new_file(first))
            capture.catch_up()
            wait_until(lambda: value("commit_to_stored_seconds_count", **files) == 1, "the change to be counted")
            assert 0 < (value("commit_to_stored_seconds_sum", **files) or 0) < 120
            wait_until(lambda: value("messages_behind", **files) == 0, "Kafka to be asked", 60)
        capture.write(new_file(second))
        wait_until(lambda: (value("messages_behind", **files) or 0) >= 1, "the message to wait", 60)
        assert value("messages_behind", service="file", table="file_versions") == 0
        with connect_client(by_kafka.connect.url) as client:
            client.stop(connector)
        wait_until(lambda: value("connector_running", service="file", connector=connector) == 0, "the task's end", 60)
        assert value("source_info", service="file", source="kafka") == 1
