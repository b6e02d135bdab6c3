"""The connector by which a service's results reach their topics: what it has in the place of the capturing one's.

A connector of its own, with a slot and a publication of its own. One that captures and publishes at once would send an
outbox row to its topic instead of to ClickHouse, since a transform makes one message of one; transactions would never
be whole there, and whatever holds capture back would hold results back.
"""

from cdc.catalog.bookkeeping_ddl import HEARTBEAT_PREFIX
from cdc.catalog.model import CapturedTable, ServiceCatalog
from cdc.catalog.outbox import OUTBOX_PUBLICATION, outbox_slot, outboxes
from services.kit.capture import Publication

ROUTER = "io.debezium.transforms.outbox.EventRouter"
PLAIN_TEXT = "org.apache.kafka.connect.storage.StringConverter"
PARTITIONS = 12


def outbox_connector(service: str) -> str:
    """What the connector is called."""
    return f"huleedu-{service}-outbox"


def outbox_properties(catalog: ServiceCatalog) -> dict[str, str] | None:
    """What is laid over the properties of the service's capturing connector; None if the service publishes nothing."""
    tables = outboxes(catalog)
    if not tables:
        return None
    (published,) = {table.capture.published for table in tables if table.capture.published is not None}
    return {
        "topic.prefix": f"huleedu.{catalog.service}.outbox",
        "slot.name": outbox_slot(catalog.service),
        "publication.name": OUTBOX_PUBLICATION,
        "publication.autocreate.mode": "disabled",
        "table.include.list": ",".join(_as_pattern(table) for table in tables),
        # What was written before there was a connector, or before its slot was lost, is published from the table.
        "snapshot.mode": "initial",
        "skipped.operations": "none",
        "provide.transaction.metadata": "false",
        "extended.headers.enabled": "false",
        # Actors are for capture; that a message came moves the slot all the same.
        "message.prefix.exclude.list": ".*",
        "heartbeat.action.query": f"SELECT pg_logical_emit_message(true, '{HEARTBEAT_PREFIX}', '')",
        "topic.creation.default.partitions": str(PARTITIONS),
        "topic.creation.default.replication.factor": "-1",
        "key.converter": PLAIN_TEXT,
        "value.converter": PLAIN_TEXT,
        "header.converter": PLAIN_TEXT,
        "transforms": "outbox",
        **{f"transforms.outbox.{name}": value for name, value in _routing(published).items()},
    }


def _routing(published: Publication) -> dict[str, str]:
    """How the router finds the parts of a message; the payload's text goes out as it stands."""
    return {
        "type": ROUTER,
        "table.field.event.id": published.event_id,
        "table.field.event.key": published.key,
        "table.field.event.payload": published.payload,
        "table.fields.additional.placement": ",".join(f"{column}:header:{name}" for name, column in published.headers),
        "table.expand.json.payload": "false",
        # A row that changed after it was written was nobody's intention: better to stop than to publish it twice.
        "table.op.invalid.behavior": "fatal",
        "route.by.field": published.topic,
        "route.topic.replacement": "${routedByValue}",
    }


def _as_pattern(table: CapturedTable) -> str:
    """Debezium reads names of tables as regular expressions."""
    return r"\.".join(table.sent_as)
