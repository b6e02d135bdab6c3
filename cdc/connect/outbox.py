"""The connector by which a service's results reach their topics: what it has in the place of the capturing one's.

A connector of its own, with a slot and a publication of its own. One that captures and publishes at once would send an
outbox row to its topic instead of to ClickHouse, since a transform makes one message of one; transactions would never
be whole there, and whatever holds capture back would hold results back.
"""

import re

from cdc.catalog.model import ServiceCatalog
from cdc.catalog.outbox import OUTBOX_PUBLICATION, outbox_slot, outboxes
from cdc.connect.configuration import Configuration, Database, Kafka, configuration, connector_name
from services.kit.capture import Publication

ROUTER = "io.debezium.transforms.outbox.EventRouter"
PLAIN_TEXT = "org.apache.kafka.connect.storage.StringConverter"
# What a capturing connector does to its messages; results have no epoch, and are routed instead.
_CAPTURING_ALONE = ("transforms", "predicates", "key.converter", "value.converter")
_NO_EPOCH = 0


def outbox_connector(service: str) -> str:
    """What the connector is called."""
    return f"{connector_name(service)}-outbox"


def outbox_configuration(
    catalog: ServiceCatalog, database: Database, kafka: Kafka, heartbeat_seconds: float
) -> Configuration | None:
    """The whole configuration of the connector; None if the service publishes nothing."""
    tables = outboxes(catalog)
    if not tables:
        return None
    (published,) = {table.capture.published for table in tables if table.capture.published is not None}
    publishing = ServiceCatalog(catalog.service, tables)
    capturing = configuration(publishing, database, _NO_EPOCH, kafka, heartbeat_seconds)
    shared = {name: value for name, value in capturing.items() if not name.startswith(_CAPTURING_ALONE)}
    # A snapshot reads whatever it is not told to leave out: the publication only says what is streamed.
    read = {"table.include.list": ",".join(re.escape(".".join(table.sent_as)) for table in tables)}
    return shared | read | _publishing(catalog.service) | _routing(published)


def _publishing(service: str) -> Configuration:
    return {
        "name": outbox_connector(service),
        "topic.prefix": f"huleedu.{service}.outbox",
        "slot.name": outbox_slot(service),
        "publication.name": OUTBOX_PUBLICATION,
        # What was written before there was a connector, or before its slot was lost, is published from the table.
        "snapshot.mode": "initial",
        "provide.transaction.metadata": "false",
        # Actors are for capture; that a message came moves the slot all the same.
        "message.prefix.exclude.list": ".*",
        "key.converter": PLAIN_TEXT,
        "value.converter": PLAIN_TEXT,
        "header.converter": PLAIN_TEXT,
    }


def _routing(published: Publication) -> Configuration:
    """How the router finds the parts of a message; the payload's text goes out as it stands."""
    routing = {
        "type": ROUTER,
        "table.field.event.id": published.event_id,
        "table.field.event.key": published.key,
        "table.field.event.payload": published.payload,
        "table.fields.additional.placement": ",".join(f"{column}:header:{name}" for name, column in published.headers),
        "table.expand.json.payload": "false",
        "route.by.field": published.topic,
        "route.topic.replacement": "${routedByValue}",
    }
    return {"transforms": "outbox", **{f"transforms.outbox.{name}": value for name, value in routing.items()}}
