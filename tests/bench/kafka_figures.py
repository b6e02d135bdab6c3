"""What is measured of capture by way of Kafka: draining slot and topic, each beside its bare parts, and its delay."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from functools import partial
from statistics import median

from rich.console import Console

from cdc.batch import Rows
from cdc.catalog.envelope_names import ENVELOPE_INSERT_SETTINGS
from cdc.catalog.envelope_sql import envelopes_of
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.postgres_ddl import debezium_slot_name
from cdc.clickhouse import client, insert
from tests.bench import drain, stored_workload, workload
from tests.bench.kafka_arrivals import readable
from tests.bench.kafka_parts import KafkaParts, connector_running, kafka_beside, place_in, topic_of
from tests.bench.kafka_sink import SinkPlace, drained, sink_running
from tests.bench.latency import Load, Sees, commit_to_seen, queryable
from tests.bench.parts import Parts
from tests.bench.report import show_figures, show_speeds, show_waits
from tests.bench.sink_reports import cpu_per_change, speed
from tests.bench.steady_load import Waits

BARE, ONE, TWO = "ClickHouse's bare insert of it", "one sink", "two sinks"
NOWHERE, DEBEZIUM = "aiokafka to nowhere", "Debezium, slot to topic"
_RATES = (1_000, 5_000)


def drains(console: Console, parts: Parts, changes: int, repeat: int) -> dict[str, object]:
    """Changes per second into a topic, out of it, and out of it into history and latest."""
    # Each round has a slot, topics and tables of its own, of the same changes. One more is before them: until a JVM has
    # done the same for a while, it does it slowly.
    catalogs = [workload.catalog(f"{workload.SERVICE}_{turn}") for turn in range(repeat + 1)]
    stored_workload.prepare(parts, catalogs)
    for catalog in catalogs:
        drain.create_slot(parts.server.dsn(), debezium_slot_name(catalog.service))
    with console.status(f"writing {changes} changes"):
        workload.write(parts.server.dsn(), changes, seed=1)
    speeds: dict[str, list[float]] = {}
    costs: dict[str, list[float]] = {}
    with kafka_beside(parts) as kafka:
        _Round(parts, kafka, catalogs[0], changes).fill()
        for catalog in catalogs[1:]:
            drained_once = _Round(parts, kafka, catalog, changes)
            for way, found in drained_once.speeds().items():
                speeds.setdefault(way, []).append(found)
            for way, found in drained_once.costs.items():
                costs.setdefault(way, []).append(found)
    show_speeds(console, "drain by way of Kafka", "changes/s", speeds, beside=BARE)
    show_speeds(console, "sinks of one group", "changes/s", {way: speeds[way] for way in (ONE, TWO)}, beside=ONE)
    show_figures(
        console, "CPU of the sinks themselves, ns a change", {way: median(each) for way, each in costs.items()}
    )
    return {**speeds, "sinks' own ns a change": costs}


class _Round:
    """One service's slot drained into its topics, and these in each way."""

    def __init__(self, parts: Parts, kafka: KafkaParts, catalog: ServiceCatalog, changes: int) -> None:
        self.costs: dict[str, float] = {}
        self._parts, self._kafka, self._catalog, self._changes = parts, kafka, catalog, changes
        self._topic = topic_of(kafka, catalog, changes)

    def fill(self) -> None:
        """Have the connector drain the slot into the topics."""
        dsn = self._parts.server.dsn()
        with connector_running(self._kafka, dsn, self._catalog):
            drain.wait_until_confirmed(dsn, debezium_slot_name(self._catalog.service))

    def speeds(self) -> dict[str, float]:
        """Changes per second, each way from an empty ClickHouse."""
        self.fill()
        backlog = self._topic.backlog()
        return {
            DEBEZIUM: self._changes / backlog.written_in_seconds,
            NOWHERE: self._changes / self._topic.thrown_away(),
            BARE: self._stored(lambda: self._changes / drain.timed(partial(self._insert, backlog.bodies))),
            ONE: self._stored(partial(self._by_sinks, ONE, 1)),
            TWO: self._stored(partial(self._by_sinks, TWO, 2)),
        }

    def _stored(self, way: Callable[[], float]) -> float:
        stored_workload.empty(self._parts, self._catalog)
        found = way()
        drain.assert_arrived(self._parts.server.dsn(), self._catalog, self._parts.clickhouse_url, self._changes)
        return found

    def _insert(self, bodies: Sequence[Rows]) -> None:
        [table] = self._catalog.tables
        with client(self._parts.clickhouse_url) as opened:
            for body in bodies:
                insert(opened, envelopes_of(table), None, body, ENVELOPE_INSERT_SETTINGS)

    def _by_sinks(self, way: str, sinks: int) -> float:
        reports = drained(self._place(way), sinks, self._changes)
        self.costs[way] = cpu_per_change(reports) * 1e9
        return speed(reports)

    def _place(self, group: str) -> SinkPlace:
        return _sink_place(self._parts, self._kafka, self._catalog, group.replace(" ", "-"))


def latencies(console: Console, parts: Parts, seconds: float, repeat: int) -> dict[str, object]:
    """Milliseconds from commit to readable in Kafka, and to queryable in ClickHouse, under each load."""
    catalog, dsn = workload.catalog(), parts.server.dsn()
    stored_workload.prepare(parts)
    drain.create_slot(dsn, debezium_slot_name(catalog.service))
    found: dict[str, list[Waits]] = {}
    with kafka_beside(parts) as kafka, connector_running(kafka, dsn, catalog):
        for rate in _RATES:
            for _ in range(repeat):
                for way, sees in _ways(parts, kafka, catalog).items():
                    with sees as seen:
                        waits = commit_to_seen(Load(dsn, rate, seconds), seen)
                    found.setdefault(f"{way}, {rate:,} rows/s", []).append(waits)
    show_waits(console, found)
    return {load: [asdict(each) for each in rounds] for load, rounds in found.items()}


def _ways(parts: Parts, kafka: KafkaParts, catalog: ServiceCatalog) -> dict[str, AbstractContextManager[Sees]]:
    return {
        "readable in Kafka": readable(topic_of(kafka, catalog)),
        "queryable in ClickHouse": _queryable(parts, kafka, catalog),
    }


@contextmanager
def _queryable(parts: Parts, kafka: KafkaParts, catalog: ServiceCatalog) -> Iterator[Sees]:
    place = _sink_place(parts, kafka, catalog, "delay")
    with sink_running(place) as sink, queryable(parts.clickhouse_url, catalog.tables[0]) as sees:
        sink.begin()
        yield sees


def _sink_place(parts: Parts, kafka: KafkaParts, catalog: ServiceCatalog, group: str) -> SinkPlace:
    return SinkPlace(catalog.service, parts.server.dsn(), parts.clickhouse_url, place_in(kafka, group))
