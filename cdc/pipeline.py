"""The pipeline of one service: set up, stream, and copy beside it; begin again when something fails."""

import logging
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from clickhouse_connect.driver import Client

from cdc.catalog.model import ServiceCatalog
from cdc.catalog.postgres_ddl import slot_name
from cdc.clickhouse import client
from cdc.copies.copier import Copier, Places
from cdc.pace import Pace
from cdc.postgres import replication_session, session
from cdc.restarts import run_again
from cdc.shapes.shapes import Shapes
from cdc.source.epochs import begin_epoch, ensure_epoch
from cdc.source.heartbeat import keep_beating
from cdc.source.pgoutput import Decoder, UnknownMessageError
from cdc.source.relation import RelationMismatchError
from cdc.source.replay import DivergedError, ReplayCheck
from cdc.source.slot import SlotReader
from cdc.source.slot_setup import require_published
from cdc.source.tuples import MissingValueError
from cdc.storing.inserter import Inserter
from cdc.storing.sink import Sink
from cdc.storing.turns import Turns
from cdc.stream_metrics import StreamMetrics
from cdc.watch import Watch

_log = logging.getLogger(__name__)
# Beside those that anything may fail by.
_EXPECTED_FAILURES = (RelationMismatchError, MissingValueError, UnknownMessageError)
# A beat that PostgreSQL leaves without an answer is not waited for.
_LONGEST_LAST_BEAT_SECONDS = 5.0


@dataclass(frozen=True)
class Pipeline:
    """One service's stream into ClickHouse; `run` returns when it is told to stop.

    metrics: what the stream tells of itself; by default nobody looks at it.
    """

    catalog: ServiceCatalog
    database_url: str
    clickhouse_url: str
    pace: Pace
    turns: Turns = field(default_factory=lambda: Turns(1))
    metrics: StreamMetrics | None = None

    def run(self, stopping: threading.Event) -> None:
        """Stream until `stopping` is set. A failure is said, and everything begins again after a growing wait."""
        run_again(
            self.catalog.service, self._set_up_and_stream, stopping, self.pace.longest_wait_seconds, _EXPECTED_FAILURES
        )

    def _set_up_and_stream(self, stopping: threading.Event) -> None:
        with client(self.clickhouse_url) as opened:
            epoch = self._set_up(opened, stopping)
            try:
                with Sink(opened, self.catalog.service, epoch, self.pace.refused_in_a_row, self.metrics) as sink:
                    self._stream(opened, sink, stopping)
            except DivergedError as error:
                _log.warning(
                    "%s: a new epoch begins, in which everything is copied anew: %s", self.catalog.service, error
                )
                with session(self.database_url) as connection:
                    begin_epoch(connection, opened, self.catalog.service, str(error))

    def _set_up(self, opened: Client, stopping: threading.Event) -> int:
        with session(self.database_url) as connection:
            require_published(connection, self.catalog)
            return ensure_epoch(connection, self.database_url, opened, self.catalog, stopped=stopping.is_set)

    def _stream(self, opened: Client, sink: Sink, stopping: threading.Event) -> None:
        service, ended = self.catalog.service, threading.Event()
        shapes = Shapes(self.catalog, self.database_url, opened, sink.epoch)
        shapes.compare_with_postgres()
        replay = ReplayCheck(opened, service, sink.epoch)
        # What was begun ends in the reverse order, each whatever became of the others.
        with ExitStack() as begun:
            inserter = Inserter(
                sink.store, stopping, service, self.turns, before=lambda batch: replay.check(batch.commits)
            )
            begun.callback(inserter.finish)
            reader = SlotReader(Decoder(shapes.catalog, sink.epoch, shapes.adapt), inserter, self.pace.batches)
            copier = Copier(Places(self.database_url, opened, sink, lambda: shapes.catalog.tables), service)
            begun.callback(copier.stop)
            watch = Watch(f"{service}'s columns", self.pace.shape_seconds, shapes.compare_with_postgres)
            watch.start()
            begun.callback(watch.stop)
            heartbeat = keep_beating(self.database_url, self.pace.heartbeat_seconds, ended)
            begun.callback(heartbeat.join, _LONGEST_LAST_BEAT_SECONDS)
            begun.callback(ended.set)
            connection = begun.enter_context(replication_session(self.database_url))
            reader.run(
                connection, slot_name(service), stopping, partial(self._go_on_beside, replay, copier), watch.check
            )

    def _go_on_beside(self, replay: ReplayCheck, copier: Copier) -> None:
        """What may begin once the slot is read, by this process and no other."""
        with session(self.database_url) as connection:
            replay.begin(connection)
        copier.start()
