"""What is counted of tables from Kafka: changes by their table, and that each partition goes on."""

import json

from prometheus_client import REGISTRY

from cdc.catalog.topics import table_topics, transaction_topic
from cdc.kafka.lane import Taken
from cdc.kafka.table_counts import TableCounts
from cdc.stream_metrics import StreamMetrics
from cdc.stream_progress import StreamProgress
from tests.unit.cdc.kafka.consumed import Consumed
from tests.unit.cdc.tables import shelf_catalog

CATALOG = shelf_catalog()
TOPICS = {table.name: topic for topic, table in table_topics(CATALOG).items()}
BOOKS, LOANS = sorted(TOPICS)


def taken(topic: str, *values: bytes | None, first: int = 0, partition: int = 0) -> Taken:
    return Taken([Consumed(topic, first + n, each, partition) for n, each in enumerate(values)], 0)


def stored(table: str) -> float:
    labels = {"service": CATALOG.service, "table": table}
    return REGISTRY.get_sample_value("huleedu_cdc_rows_stored_total", labels) or 0.0


def test_changes_count_for_their_table_and_kafkas_tombstones_for_none() -> None:
    counts, books, loans = TableCounts(CATALOG, StreamMetrics(CATALOG.service)), stored(BOOKS), stored(LOANS)
    counts.stored(TOPICS[BOOKS], taken(TOPICS[BOOKS], b"{}", None, b"{}"), 0.1)
    counts.stored(TOPICS[LOANS], taken(TOPICS[LOANS], None), 0.1)
    counts.stored(transaction_topic(CATALOG.service), taken(transaction_topic(CATALOG.service), b"{}"), 0.1)
    assert (stored(BOOKS) - books, stored(LOANS) - loans) == (2, 0)


def committed_at(us: int) -> bytes:
    return json.dumps({"after": {}, "source": {"lsn": 1, "ts_us": us}}, separators=(",", ":")).encode()


def newest_change(table: str) -> float | None:
    labels = {"service": CATALOG.service, "table": table}
    return REGISTRY.get_sample_value("huleedu_cdc_newest_change_timestamp_seconds", labels)


def late_for(table: str) -> tuple[float, float]:
    """How many batches were late, and for how many seconds in all."""
    labels = {"service": CATALOG.service, "table": table}
    name = "huleedu_cdc_commit_to_stored_seconds"
    batches, seconds = (REGISTRY.get_sample_value(f"{name}_{of}", labels) or 0.0 for of in ("count", "sum"))
    return batches, seconds


def test_a_batch_is_as_late_as_its_oldest_change_once_the_time_of_postgresql_is_known() -> None:
    progress = StreamProgress(lambda: 10.0)
    counts, (batches, seconds) = TableCounts(CATALOG, StreamMetrics(CATALOG.service, progress)), late_for(BOOKS)
    batch = taken(TOPICS[BOOKS], committed_at(4_000_000), b"{}", committed_at(6_000_000))
    counts.stored(TOPICS[BOOKS], batch, 0.1)
    assert late_for(BOOKS) == (batches, seconds)
    progress.clock_told(10_000_000, asked_at=10.0)
    counts.stored(TOPICS[BOOKS], batch, 0.1)
    assert late_for(BOOKS) == (batches + 1, seconds + 6.0)


def test_the_newest_change_stays_the_newest_when_an_older_one_comes_once_more() -> None:
    counts = TableCounts(CATALOG, StreamMetrics(CATALOG.service))
    for us in (5_000_000, 7_000_000, 6_000_000):
        counts.stored(TOPICS[LOANS], taken(TOPICS[LOANS], committed_at(us)), 0.1)
    assert newest_change(LOANS) == 7.0


def test_a_stream_goes_on_when_any_partition_comes_further_than_it_ever_was() -> None:
    now, moved = [0.0], list[bool]()
    counts = TableCounts(CATALOG, StreamMetrics(CATALOG.service, progress := StreamProgress(lambda: now[0])))
    for partition, first in ((0, 100), (1, 3), (0, 100), (0, 101)):
        now[0] += 50
        counts.stored(TOPICS[BOOKS], taken(TOPICS[BOOKS], b"{}", first=first, partition=partition), 0.1)
        moved.append(progress.without_progress_seconds == 0)
    assert moved == [True, True, False, True]
