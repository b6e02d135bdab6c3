"""The monitor: the endpoint from the start, and samplers for each stream once it is known which there are."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from cdc.monitoring.endpoint import answering
from cdc.monitoring.health import health_of
from cdc.monitoring.of_clickhouse import clickhouse_samples
from cdc.monitoring.of_connect import connect_samples
from cdc.monitoring.of_kafka import kafka_samples
from cdc.monitoring.of_postgres import postgres_samples
from cdc.monitoring.sampler import Question, Sampler, Server
from cdc.monitoring.watched import Watched
from cdc.settings import CdcSettings
from services.kit.listener import listening

_log = logging.getLogger(__name__)
PORT_VARIABLE = "CDC_METRICS_PORT"


class Monitor:
    """Watches streams from `watch` on, until `stopping` is set; where nothing is served, nothing is asked either."""

    def __init__(self, settings: CdcSettings) -> None:
        self.streams: tuple[Watched, ...] = ()
        self.stopping, self._settings = threading.Event(), settings

    def watch(self, streams: Sequence[Watched]) -> None:
        """Show these streams, and ask their servers about them."""
        self.streams = tuple(streams)
        if not self._settings.metrics_port:
            return
        for each in streams:
            each.show()
            for question in self._questions(each):
                Sampler(question, self._settings.sample_seconds, self.stopping).start()

    def _questions(self, watched: Watched) -> Iterator[Question]:
        service, settings = watched.service, self._settings
        yield Question(service, Server.POSTGRESQL, partial(postgres_samples, watched, settings.wal_directory))
        yield Question(service, Server.CLICKHOUSE, partial(clickhouse_samples, watched, str(settings.clickhouse_url)))
        if (kafka := watched.kafka) is not None:
            yield Question(service, Server.KAFKA, partial(kafka_samples, watched, kafka))
            if kafka.connect_url is not None:
                yield Question(service, Server.CONNECT, partial(connect_samples, watched, kafka.connect_url))


@contextmanager
def monitoring(settings: CdcSettings) -> Iterator[Monitor]:
    """Serve /metrics and /healthz until the end, if a port is set; PortTakenError if it cannot be listened on."""
    monitor = Monitor(settings)
    if not settings.metrics_port:
        _log.info("/metrics and /healthz are not served: %s is not set", PORT_VARIABLE)
        yield monitor
        return
    listener = listening(settings.metrics_host, settings.metrics_port, PORT_VARIABLE)
    patience = settings.progress_seconds + settings.heartbeat_seconds
    with answering(listener, lambda: health_of(monitor.streams, patience)):
        try:
            yield monitor
        finally:
            monitor.stopping.set()
