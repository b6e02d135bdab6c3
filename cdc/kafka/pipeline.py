"""The pipeline of one service by way of Kafka: set up, stream as a member of its group, begin again after failures."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from aiokafka.errors import KafkaError
from clickhouse_connect.driver import Client

from cdc.bookkeeping.progress import record_progress
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.sources import Source
from cdc.catalog.topics import table_topics, topics, transaction_topic
from cdc.clickhouse import client
from cdc.connect.configuration import require_carried
from cdc.connect.rest import ConnectError
from cdc.connect.wanted import connectors_of
from cdc.copies.copier import Places
from cdc.kafka.connector import follow_epoch, stop_connector
from cdc.kafka.duties import DutyPace, ServiceDuties
from cdc.kafka.ends import End
from cdc.kafka.envelopes import Envelopes
from cdc.kafka.gap import heal
from cdc.kafka.lane import LaneLimits
from cdc.kafka.stream import Bounds, Group, Stream, Target
from cdc.kafka.table_counts import TableCounts
from cdc.kafka.tending import Tended, look_after
from cdc.pace import Pace
from cdc.postgres import session
from cdc.restarts import run_again
from cdc.shapes.in_clickhouse import extend
from cdc.shapes.shapes import Shapes
from cdc.source.epochs import ensure_epoch
from cdc.source.slot_setup import require_published
from cdc.storing.sink import Sink
from cdc.storing.turns import Turns
from cdc.stream_metrics import StreamMetrics
from cdc.watch import Watch
from services.kit.kafka.access import KafkaAccess

_EXPECTED_FAILURES = (KafkaError, ConnectError, TimeoutError)
# Longer than the client waits for an answer, after which it says itself that none came.
_HANG_SECONDS = 400.0


@dataclass(frozen=True)
class KafkaPlace:
    """How Kafka is reached, what the groups of services begin with, and how topics are made that are not there.

    stuck_seconds: how long nothing may come of a topic that has more; partitions: of a table's topic; connect_url: of
    Kafka Connect, None where somebody else has connectors follow new epochs.
    """

    access: KafkaAccess
    group_prefix: str = "huleedu-cdc"
    stuck_seconds: float = 60.0
    partitions: int = 4
    replicas: int = 1
    connect_url: str | None = None

    def group(self, catalog: ServiceCatalog) -> Group:
        """The group that reads a service's topics."""
        service, of_tables = catalog.service, table_topics(catalog)
        partitions = {topic: self.partitions if topic in of_tables else 1 for topic in topics(catalog)}
        name = f"{self.group_prefix}.{service}"
        return Group(service, self.access, name, partitions, transaction_topic(service), self.replicas)


@dataclass(frozen=True)
class KafkaPipeline:
    """One member of the group that streams a service into ClickHouse; `run` returns when it is told to stop.

    metrics: what the stream tells of itself; by default nobody looks at it.
    """

    catalog: ServiceCatalog
    database_url: str
    clickhouse_url: str
    kafka: KafkaPlace
    pace: Pace
    turns: Turns = field(default_factory=lambda: Turns(1))
    metrics: StreamMetrics | None = None

    def run(self, stopping: threading.Event) -> None:
        """Stream until `stopping` is set. A failure is said, and everything begins again after a growing wait."""
        service = self.catalog.service
        run_again(service, self._set_up_and_stream, stopping, self.pace.longest_wait_seconds, _EXPECTED_FAILURES)

    def _set_up_and_stream(self, stopping: threading.Event) -> None:
        with client(self.clickhouse_url) as opened:
            epoch = self._set_up(opened)
            with Sink(opened, self.catalog.service, epoch, self.pace.refused_in_a_row, self.metrics) as sink:
                self._stream(opened, sink, stopping)

    def _set_up(self, opened: Client) -> int:
        with session(self.database_url) as connection:
            require_published(connection, self.catalog)
            service = self.catalog.service
            epoch = ensure_epoch(
                connection,
                self.database_url,
                opened,
                self.catalog,
                source=Source.KAFKA,
                free=self._free_slot,
            )
            # Still while nobody else sets capture up.
            if self.kafka.connect_url is not None:
                follow_epoch(self.kafka.connect_url, service, epoch)
            return epoch

    def _free_slot(self) -> None:
        if self.kafka.connect_url is not None:
            stop_connector(self.kafka.connect_url, self.catalog.service)

    def _tending(self) -> Callable[[], None] | None:
        if self.kafka.connect_url is None:
            return None
        tended = Tended(connectors_of(self.catalog), self.pace.shape_seconds, self.pace.longest_wait_seconds)
        return partial(look_after, tended, self.kafka.connect_url)

    def _stream(self, opened: Client, sink: Sink, stopping: threading.Event) -> None:
        service = self.catalog.service
        shapes = Shapes(self.catalog, self.database_url, opened, sink.epoch)
        shapes.compare_with_postgres()
        require_carried(shapes.catalog)
        # Whoever recorded the shapes may have known no envelopes.
        extend(opened, *shapes.catalog.tables)
        places = Places(self.database_url, opened, sink, lambda: shapes.catalog.tables)
        pace = DutyPace(self.pace.heartbeat_seconds, self.pace.shape_seconds)
        duties = ServiceDuties(places, service, pace, self._tending())

        def record(end: End) -> None:
            record_progress(opened, service, end.position, end.commit_time)
            sink.metrics.progress.stored_to(end.position, end.commit_us)

        with self._watching(shapes) as watch:
            target = Target(
                store=Envelopes(opened, service, shapes, sink.parking).store,
                record=record,
                assigned=sink.parking.forget,
                gap=partial(heal, opened, self.catalog, self.database_url),
                duties=duties,
                check=watch.check,
                stored=TableCounts(shapes.catalog, sink.metrics).stored,
            )
            stream = Stream(self.kafka.group(self.catalog), self._bounds, target, self.turns)
            asyncio.run(stream.run(stopping))

    @property
    def _bounds(self) -> Bounds:
        batches = self.pace.batches
        lanes = LaneLimits(batches.rows, batches.bytes)
        return Bounds(lanes, batches.seconds, self.kafka.stuck_seconds, _HANG_SECONDS)

    @contextmanager
    def _watching(self, shapes: Shapes) -> Iterator[Watch]:
        watch = Watch(f"{self.catalog.service}'s columns", self.pace.shape_seconds, shapes.compare_with_postgres)
        watch.start()
        try:
            yield watch
        finally:
            watch.stop()
