"""The pipelines that `python -m cdc run` runs, one for each service: from its slot, or from its topics in Kafka."""

from collections.abc import Callable, Iterable, Sequence

from cdc.catalog.model import ServiceCatalog
from cdc.kafka.lane import LaneLimits
from cdc.kafka.pipeline import HANG_SECONDS, KafkaPipeline, KafkaPlace
from cdc.kafka.stream import Pace
from cdc.pipeline import Pipeline
from cdc.run import Runnable
from cdc.settings import CdcSettings, Source, database_url
from cdc.source.slot import BatchLimits
from cdc.storing.turns import Turns


def _from_slots(catalogs: Iterable[ServiceCatalog], settings: CdcSettings) -> Sequence[Runnable]:
    limits = BatchLimits(settings.flush_seconds, settings.batch_rows, settings.batch_bytes)
    turns = Turns(settings.services_at_once)
    return [
        Pipeline(
            each,
            database_url(each.service),
            str(settings.clickhouse_url),
            limits,
            settings.heartbeat_seconds,
            turns,
            settings.longest_wait_seconds,
            settings.shape_seconds,
            settings.dead_letters_in_a_row,
        )
        for each in catalogs
    ]


def _from_kafka(catalogs: Iterable[ServiceCatalog], settings: CdcSettings) -> Sequence[Runnable]:
    limits = LaneLimits(settings.batch_rows, settings.batch_bytes)
    pace = Pace(limits, settings.flush_seconds, settings.kafka_stuck_seconds, HANG_SECONDS)
    turns = Turns(settings.services_at_once)
    return [
        KafkaPipeline(
            each,
            database_url(each.service),
            str(settings.clickhouse_url),
            KafkaPlace(settings.kafka_bootstrap, settings.kafka_group),
            settings.heartbeat_seconds,
            pace,
            turns,
            settings.longest_wait_seconds,
            settings.shape_seconds,
            settings.dead_letters_in_a_row,
        )
        for each in catalogs
    ]


PIPELINES: dict[Source, Callable[[Iterable[ServiceCatalog], CdcSettings], Sequence[Runnable]]] = {
    Source.SLOT: _from_slots,
    Source.KAFKA: _from_kafka,
}
