"""The pipeline of one service: set up, stream, and copy beside it; begin again when something fails."""

import logging
import threading
import time
from dataclasses import dataclass, field
from functools import partial

import psycopg2
from clickhouse_connect.driver import Client
from psycopg2 import errorcodes, errors

from cdc.batch import Batch
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.postgres_ddl import slot_name
from cdc.clickhouse import client
from cdc.copies.copier import Copier, Places
from cdc.failures import EXPECTED, reason_of
from cdc.metrics import RESTARTS
from cdc.pace import Pace
from cdc.postgres import replication_session, session
from cdc.shapes.shapes import Shapes
from cdc.shapes.watch import ShapeWatch
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
from services.kit.backoff import Backoff

_log = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS = 0.2
_SLOT_IS_READ = errors.lookup(errorcodes.OBJECT_IN_USE)
_EXPECTED_FAILURES = (*EXPECTED, RelationMismatchError, MissingValueError, UnknownMessageError)


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
        backoff, waiting = Backoff(_FIRST_WAIT_SECONDS, self.pace.longest_wait_seconds), False
        while not stopping.is_set():
            began = time.monotonic()
            try:
                self._set_up_and_stream(stopping)
            except _SLOT_IS_READ as error:
                # It may last for days, and there is nothing to mend: said once, not at each try.
                if not waiting:
                    _say_waiting(error, self.catalog.service)
                waiting = True
                stopping.wait(backoff.next_delay(time.monotonic() - began))
            except Exception as error:  # pylint: disable=broad-exception-caught
                # Whatever ends one stream, a defect of ours included, must end neither it for good nor the others.
                waiting = False
                RESTARTS.labels(self.catalog.service, reason_of(error)).inc()
                delay = backoff.next_delay(time.monotonic() - began)
                _say(error, self.catalog.service, delay)
                stopping.wait(delay)

    def _set_up_and_stream(self, stopping: threading.Event) -> None:
        with client(self.clickhouse_url) as opened:
            epoch = self._set_up(opened)
            try:
                with Sink(opened, self.catalog.service, epoch, self.pace.refused_in_a_row, self.metrics) as sink:
                    self._stream(opened, sink, stopping)
            except DivergedError as error:
                _log.warning(
                    "%s: a new epoch begins, in which everything is copied anew: %s", self.catalog.service, error
                )
                with session(self.database_url) as connection:
                    begin_epoch(connection, opened, self.catalog.service, str(error))

    def _set_up(self, opened: Client) -> int:
        with session(self.database_url) as connection:
            require_published(connection, self.catalog)
            return ensure_epoch(connection, opened, self.catalog)

    def _stream(self, opened: Client, sink: Sink, stopping: threading.Event) -> None:
        service, ended = self.catalog.service, threading.Event()
        shapes = Shapes(self.catalog, self.database_url, opened, sink.epoch)
        shapes.compare_with_postgres()
        replay = ReplayCheck(opened, service, sink.epoch)

        def check_replay(batch: Batch) -> None:
            replay.check(batch.commits)

        inserter = Inserter(sink.store, stopping, service, self.turns, before=check_replay)
        reader = SlotReader(Decoder(shapes.catalog, sink.epoch, shapes.adapt), inserter, self.pace.batches)
        watch = ShapeWatch(shapes, self.pace.shape_seconds, service)
        watch.start()
        heartbeat = keep_beating(self.database_url, self.pace.heartbeat_seconds, ended)
        copier = Copier(Places(self.database_url, opened, sink, lambda: shapes.catalog.tables), service)
        try:
            with replication_session(self.database_url) as connection:
                reader.run(
                    connection, slot_name(service), stopping, partial(self._go_on_beside, replay, copier), watch.check
                )
        finally:
            ended.set()
            watch.stop()
            copier.stop()
            inserter.finish()
            heartbeat.join()

    def _go_on_beside(self, replay: ReplayCheck, copier: Copier) -> None:
        """What may begin once the slot is read, by this process and no other."""
        with session(self.database_url) as connection:
            replay.begin(connection)
        copier.start()


def _say(error: Exception, service: str, delay: float) -> None:
    sentence = "%s: stopped, starting again in %.1f s: %s"
    if isinstance(error, _EXPECTED_FAILURES):
        _log.error(sentence, service, delay, str(error).strip())
    else:
        _log.exception(sentence, service, delay, error)


def _say_waiting(error: psycopg2.Error, service: str) -> None:
    _log.warning(
        "%s: another `cdc run` reads the slot, and this one waits to take over (%s);"
        " `python -m deploy.local status` shows the one of the local stack",
        service,
        str(error).strip(),
    )
