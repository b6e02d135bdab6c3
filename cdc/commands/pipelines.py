"""The pipelines that `python -m cdc run` runs, one for each service: from its slot, or from its topics in Kafka."""

from collections.abc import Sequence

from cdc.catalog.sources import Source
from cdc.kafka.pipeline import KafkaPipeline, KafkaPlace
from cdc.monitoring.watched import Watched
from cdc.pipeline import Pipeline
from cdc.run import Runnable
from cdc.settings import CdcSettings
from cdc.storing.turns import Turns


def pipelines(source: Source, streams: Sequence[Watched], settings: CdcSettings) -> Sequence[Runnable]:
    """A pipeline for each stream, which tells of itself by the stream's metrics."""
    turns, clickhouse_url = Turns(settings.services_at_once), str(settings.clickhouse_url)
    if source is Source.SLOT:
        return [
            Pipeline(each.catalog, each.database_url, clickhouse_url, settings.pace, turns, each.metrics)
            for each in streams
        ]
    kafka = kafka_place(settings)
    return [
        KafkaPipeline(each.catalog, each.database_url, clickhouse_url, kafka, settings.pace, turns, each.metrics)
        for each in streams
    ]


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
