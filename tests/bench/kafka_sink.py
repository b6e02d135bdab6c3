"""Sinks of one group, each in a process of its own, as far as they stream: what they stored and when, they report.

What a pipeline does beside the stream is left out, as where a slot is drained: set-up, copies, the watch of columns,
heartbeats of capture's own.
"""

import asyncio
import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from cdc.bookkeeping.progress import record_progress
from cdc.catalog.topics import table_topics
from cdc.clickhouse import client
from cdc.kafka.ends import End
from cdc.kafka.envelopes import Envelopes
from cdc.kafka.lane import LaneLimits, Taken
from cdc.kafka.offsets import Partition
from cdc.kafka.pipeline import KafkaPlace
from cdc.kafka.stream import Bounds, Stream, Target
from cdc.shapes.shapes import Shapes
from cdc.source.slot import USUAL_LIMITS
from cdc.storing.sink import Sink
from cdc.storing.turns import Turns
from tests.bench import workload
from tests.bench.kafka_parts import EPOCH
from tests.bench.sink_reports import Report, stored

_SPAWN = multiprocessing.get_context("spawn")
_BOUNDS = Bounds(
    LaneLimits(USUAL_LIMITS.rows, USUAL_LIMITS.bytes), USUAL_LIMITS.seconds, stuck_seconds=60.0, hang_seconds=400.0
)
_AT_ONCE = 2
_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.02
_READY, _GO, _STOP = "ready", "go", "stop"


@dataclass(frozen=True)
class SinkPlace:
    """Between which parts a sink is: the workload's table under a service's name, and the group that reads it."""

    service: str
    dsn: str
    clickhouse_url: str
    kafka: KafkaPlace


class SinkProcess:
    """A sink that runs, and what it has reported by now."""

    def __init__(self, place: SinkPlace) -> None:
        self.reports = list[Report]()
        self._ours, its = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_run, args=(place, its), daemon=True)
        self._process.start()
        its.close()
        self._listener, self._is_ready = threading.Thread(target=self._listen, daemon=True), threading.Event()
        self._listener.start()

    def wait_until_ready(self) -> None:
        """Return once it could join its group at once."""
        if not self._is_ready.wait(_PATIENCE_SECONDS):
            raise TimeoutError("a sink did not come to begin")

    def begin(self) -> None:
        """Have it join its group."""
        self._ours.send(_GO)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will be reported."""
        return not self._listener.is_alive()

    def stop(self) -> None:
        """Have it store what it has read, and end."""
        with suppress(OSError):
            self._ours.send(_STOP)
        self._process.join(_PATIENCE_SECONDS)
        self._process.kill()

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            if self._ours.recv() == _READY:
                self._is_ready.set()
            while True:
                self.reports.append(self._ours.recv())


@contextmanager
def sink_running(place: SinkPlace) -> Iterator[SinkProcess]:
    """A sink that is yet to begin, told to stop at the end; our own end is its end too."""
    process = SinkProcess(place)
    try:
        yield process
    finally:
        process.stop()


def drained(place: SinkPlace, sinks: int, changes: int) -> list[list[Report]]:
    """The reports of so many sinks of a group until together they have stored so many changes."""
    with ExitStack() as running:
        all_sinks = [running.enter_context(sink_running(place)) for _ in range(sinks)]
        # Together, or the first one would begin alone.
        for each in all_sinks:
            each.wait_until_ready()
        for each in all_sinks:
            each.begin()
        while sum(stored(each.reports) for each in all_sinks) < changes:
            if any(each.has_ended for each in all_sinks):
                raise RuntimeError("a sink ended before everything was stored")
            time.sleep(_POLL_SECONDS)
        return [list(each.reports) for each in all_sinks]


def _run(place: SinkPlace, reports: Connection) -> None:
    """What the process does."""
    reports.send(_READY)
    if reports.recv() != _GO:
        return
    stopping, reporter = threading.Event(), _Reporter(reports)
    threading.Thread(target=_wait_until_told, args=(reports, stopping), daemon=True).start()
    catalog = workload.catalog(place.service)
    [topic] = table_topics(catalog)
    with client(place.clickhouse_url) as opened, Sink(opened, place.service, EPOCH) as sink:

        def record(end: End) -> None:
            record_progress(opened, place.service, end.position, end.commit_time)

        def say(of: str, taken: Taken, _seconds: float) -> None:
            if of == topic:
                reporter.say(len(taken.records))

        target = Target(
            store=Envelopes(opened, place.service, Shapes(catalog, place.dsn, opened, EPOCH), sink.parking).store,
            record=record,
            assigned=lambda: reporter.say(0),
            gap=_no_gap,
            duties=_NoDuties(),
            check=lambda: None,
            stored=say,
        )
        asyncio.run(Stream(place.kafka.group(catalog), _BOUNDS, target, Turns(_AT_ONCE)).run(stopping))


def _wait_until_told(reports: Connection, stopping: threading.Event) -> None:
    with suppress(EOFError, OSError):
        reports.recv()
    stopping.set()


class _Reporter:
    """Sends reports, of whatever thread."""

    def __init__(self, reports: Connection) -> None:
        self._reports, self._guard = reports, threading.Lock()

    def say(self, changes: int) -> None:
        """So many changes were stored just now."""
        with self._guard, suppress(OSError):
            self._reports.send(Report(time.monotonic(), changes, time.process_time()))


class _NoDuties:
    """Nothing is done for the group."""

    def begin(self) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""

    def check(self) -> None:
        """Nothing."""


def _no_gap(partition: Partition, offset: int | None) -> None:
    raise AssertionError(f"{partition} lacks records from {offset} on")
