"""A captured database by way of Kafka: its connector on a real Connect, and sinks of its group."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from cdc.bookkeeping.epochs import current_epoch
from cdc.connect.configuration import Configuration, Database, configuration, connector_name
from cdc.connect.configuration import Kafka as Delivery
from cdc.connect.rest import connect_client
from cdc.dead_letters.limits import IN_A_ROW
from cdc.kafka.pipeline import KafkaPipeline, KafkaPlace
from cdc.storing.turns import Turns
from cdc.stream_metrics import StreamMetrics
from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect
from services.kit.kafka.access import KafkaAccess
from tests.pipeline.capture import PACE, Capture, going_on, wait_until

ONE_BROKER = Delivery()
# Every beat is a transaction, whose end ClickHouse is told of: milliseconds of a core, for each service and beat.
CALM = replace(PACE, heartbeat_seconds=0.5)


def connector_configuration(
    capture: Capture, epoch: int, heartbeat_seconds: float, delivery: Delivery = ONE_BROKER
) -> Configuration:
    """What a capture's connector is told, with the password as it is: tests make databases and roles of their own."""
    at = urlsplit(capture.database.cdc_url)
    user, password = unquote(at.username or ""), unquote(at.password or "")
    database = Database(at.hostname or "", at.port or 0, at.path[1:], user, password)
    return configuration(capture.in_effect, database, epoch, delivery, heartbeat_seconds)


@dataclass(frozen=True)
class ByKafka:
    """What a capture needs beside its databases; the group is one that nobody used."""

    capture: Capture
    kafka: Kafka
    connect: Connect
    group: str = field(default_factory=lambda: f"test-{uuid4().hex[:8]}")
    follows_epochs: bool = False
    refused_in_a_row: int = IN_A_ROW
    metrics: StreamMetrics | None = None
    delivery: Delivery = ONE_BROKER

    def through(self, clickhouse_url: str) -> "ByKafka":
        """The same, with sinks that reach ClickHouse by another way."""
        return replace(self, capture=self.capture.through(clickhouse_url))

    def following_epochs(self) -> "ByKafka":
        """The same, with sinks that have the connector follow new epochs."""
        return replace(self, follows_epochs=True)

    def telling(self, metrics: StreamMetrics) -> "ByKafka":
        """The same, with sinks that tell of themselves."""
        return replace(self, metrics=metrics)

    def stop_connector(self) -> None:
        """End the connector's task, which then reads the slot no more."""
        with connect_client(self.connect.url) as client:
            client.stop(connector_name(self.capture.catalog.service))

    def put_connector(self, **settings: str) -> None:
        """Make the connector of the epoch in effect, and wait until its task runs; `settings` are beside our own."""
        service = self.capture.catalog.service
        known = current_epoch(self.capture.clickhouse, service)
        wanted = connector_configuration(self.capture, known.number if known else 1, 1.0, self.delivery) | settings
        with connect_client(self.connect.url) as client:
            client.put(connector_name(service), wanted)
            wait_until(lambda: bool((state := client.state(connector_name(service))) and state.is_running), "the task")

    @property
    def place(self) -> KafkaPlace:
        """Where its sinks find Kafka, and Connect if they are to have the connector follow epochs."""
        connect_url = self.connect.url if self.follows_epochs else None
        return KafkaPlace(
            KafkaAccess(self.kafka.bootstrap), self.group, stuck_seconds=20.0, partitions=3, connect_url=connect_url
        )

    def pipeline(self) -> KafkaPipeline:
        capture, pace = self.capture, replace(CALM, refused_in_a_row=self.refused_in_a_row)
        places = capture.catalog, capture.database.cdc_url, capture.clickhouse_url
        return KafkaPipeline(*places, self.place, pace, Turns(1), self.metrics)

    @contextmanager
    def sink(self) -> Iterator[None]:
        """A sink in a thread; at the end it is told to stop, and has stored all it read."""
        with going_on(self.pipeline().run, "sink"):
            yield

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """A sink and the connector, which have copied the tables, and stream."""
        with self.sink():
            wait_until(lambda: self.capture.confirmed_by_debezium() > 0, "the slot")
            self.put_connector()
            self.capture.catch_up(60)
            yield
