"""A stream that is watched, and the metrics that are computed whenever somebody looks at them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from cdc.catalog.model import ServiceCatalog
from cdc.catalog.sources import Source
from cdc.kafka.pipeline import KafkaPlace
from cdc.metrics import LAG_SECONDS, SOURCE, WITHOUT_PROGRESS_SECONDS
from cdc.stream_metrics import StreamMetrics


@dataclass(frozen=True)
class Watched:
    """A service's stream: what is captured, the database and its replication slot, and what the stream tells of itself.

    kafka: where this process reads the service from, None if that is the slot itself.
    """

    catalog: ServiceCatalog
    database_url: str
    slot: str
    metrics: StreamMetrics
    kafka: KafkaPlace | None = None

    @property
    def service(self) -> str:
        """The service's name."""
        return self.catalog.service

    def show(self) -> None:
        """Let the stream's metrics be computed from its progress, at the moment at which they are asked for."""
        progress = self.metrics.progress
        SOURCE.labels(self.service, Source.SLOT if self.kafka is None else Source.KAFKA).set(1)
        LAG_SECONDS.labels(self.service).set_function(known(lambda: progress.lag_seconds))
        WITHOUT_PROGRESS_SECONDS.labels(self.service).set_function(lambda: progress.without_progress_seconds)


def known(value: Callable[[], float | None]) -> Callable[[], float]:
    """The value, or NaN, which no comparison of an alert is true of, while there is none."""

    def shown() -> float:
        found = value()
        return math.nan if found is None else found

    return shown
