"""The pipelines that `python -m cdc run` runs, one for each service: from its slot, or from its topics in Kafka."""

from collections.abc import Sequence

from cdc.kafka.pipeline import KafkaPipeline, KafkaPlace
from cdc.monitoring.watched import Watched
from cdc.pipeline import Pipeline
from cdc.run import Runnable
from cdc.settings import CdcSettings
from cdc.storing.turns import Turns


def pipelines(streams: Sequence[Watched], settings: CdcSettings) -> Sequence[Runnable]:
    """A pipeline for each stream, which tells of itself by the stream's metrics."""
    turns = Turns(settings.services_at_once)
    return [_pipeline(each, settings, turns) for each in streams]


def _pipeline(stream: Watched, settings: CdcSettings, turns: Turns) -> Runnable:
    places = stream.catalog, stream.database_url, str(settings.clickhouse_url)
    if stream.kafka is None:
        return Pipeline(*places, settings.pace, turns, stream.metrics)
    return KafkaPipeline(*places, stream.kafka, settings.pace, turns, stream.metrics)


def kafka_place(settings: CdcSettings) -> KafkaPlace:
    """How Kafka is reached, and what is said of groups and topics there."""
    return KafkaPlace(
        settings.access_to(settings.kafka_bootstrap),
        settings.kafka_group,
        settings.kafka_stuck_seconds,
        settings.topic_partitions,
        settings.topic_replicas,
        str(settings.connect_url) if settings.connect_url else None,
    )
