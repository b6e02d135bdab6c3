"""The connectors of a service: one captures it, and where it answers through topics, a second one publishes that."""

from cdc.catalog.model import ServiceCatalog
from cdc.catalog.outbox import outboxes
from cdc.connect.configuration import Configuration, Database, Kafka, configuration, connector_name
from cdc.connect.outbox import outbox_configuration, outbox_connector


def connectors_of(catalog: ServiceCatalog) -> tuple[str, ...]:
    """What the service's connectors are called, the capturing one first."""
    capturing, publishing = connector_name(catalog.service), outbox_connector(catalog.service)
    return (capturing, publishing) if outboxes(catalog) else (capturing,)


def configurations(
    catalog: ServiceCatalog, database: Database, epoch: int, kafka: Kafka, heartbeat_seconds: float
) -> tuple[Configuration, ...]:
    """The whole configurations of the service's connectors, in the same order; CatalogError as `configuration` says."""
    capturing = configuration(catalog, database, epoch, kafka, heartbeat_seconds)
    publishing = outbox_configuration(catalog, database, kafka, heartbeat_seconds)
    return (capturing,) if publishing is None else (capturing, publishing)
