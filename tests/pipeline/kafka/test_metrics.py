"""What a sink from Kafka tells of itself: what it stored of each table, and up to which commit everything is there."""

import pytest
from prometheus_client import REGISTRY

from cdc.bookkeeping.progress import progress
from cdc.stream_metrics import StreamMetrics
from tests.deploy.declared_metrics import declared
from tests.pipeline.capture import file_ids, new_file, new_version, wait_until
from tests.pipeline.kafka.captured import ByKafka

pytestmark = pytest.mark.timeout(900, func_only=True)


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    for metric in declared("cdc.metrics"):
        metric.clear()


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"huleedu_cdc_{name}", labels)


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
        # When a table's changes were committed is not known without parsing them.
        assert not value("commit_to_stored_seconds_count", service="file", table="files")
    stored, told = progress(capture.clickhouse, "file"), metrics.progress.reached
    assert stored is not None
    assert told is not None
    assert told.position == stored.position
    assert not value("restarts_total", service="file", reason="defect")
