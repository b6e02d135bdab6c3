"""What a stream from Kafka tells of tables: how much of each was stored, how long that took, and that it goes on."""

from cdc.catalog.model import ServiceCatalog
from cdc.catalog.topics import table_topics
from cdc.kafka.commit_times import oldest_and_newest_us
from cdc.kafka.lane import Taken
from cdc.stream_metrics import StreamMetrics


class TableCounts:
    """Counts what is stored of a service's tables, a few updates for each batch; lanes may tell it side by side."""

    def __init__(self, catalog: ServiceCatalog, metrics: StreamMetrics) -> None:
        self._tables = {topic: table.name for topic, table in table_topics(catalog).items()}
        self._metrics = metrics

    def stored(self, topic: str, taken: Taken, seconds: float) -> None:
        """A batch of a topic became durable in so many seconds.

        A TRUNCATE counts as a change, Kafka's own tombstones do not.
        """
        table, count = self._tables.get(topic), len(taken.values)
        if table is None or not count:
            return
        self._metrics.changes_stored(table, count, seconds)
        self._metrics.batch_stored(count)
        if (committed := oldest_and_newest_us(taken)) is not None:
            self._metrics.commits_of(table, *committed)
        for partition, end in taken.ends.items():
            self._metrics.progress.row_stored(end, within=partition)
