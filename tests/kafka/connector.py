"""A connector of a service under test, on a real Connect."""

from urllib.parse import urlsplit

import httpx

from cdc.catalog.envelope_names import UNAVAILABLE
from cdc.catalog.postgres_ddl import PUBLICATION, debezium_slot_name
from cdc.catalog.topics import topic_prefix
from deploy.local.kafka.connect import Connect
from tests.support.service_database import ServiceDatabase

JSON = "org.apache.kafka.connect.json.JsonConverter"
TRANSFORMS = "org.apache.kafka.connect.transforms"


def configuration(database: ServiceDatabase, service: str, epoch: int = 1) -> dict[str, str]:
    at = urlsplit(database.cdc_url)
    return {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "database.hostname": str(at.hostname),
        "database.port": str(at.port),
        "database.user": str(at.username),
        "database.password": f"${{env:CDC_{service.upper()}_DATABASE_PASSWORD}}",
        "database.dbname": at.path[1:],
        "topic.prefix": topic_prefix(service),
        "plugin.name": "pgoutput",
        "slot.name": debezium_slot_name(service),
        "publication.name": PUBLICATION,
        "publication.autocreate.mode": "disabled",
        "snapshot.mode": "no_data",
        "decimal.handling.mode": "string",
        "time.precision.mode": "isostring",
        "binary.handling.mode": "hex",
        "interval.handling.mode": "string",
        "unavailable.value.placeholder": UNAVAILABLE,
        "poll.interval.ms": "10",
        "extended.headers.enabled": "false",
        "offset.mismatch.strategy": "trust_offset",
        "tombstones.on.delete": "false",
        "skipped.operations": "none",
        "exactly.once.support": "requested",
        "transaction.boundary": "poll",
        "provide.transaction.metadata": "true",
        "key.converter": JSON,
        "value.converter": JSON,
        "key.converter.schemas.enable": "false",
        "value.converter.schemas.enable": "false",
        "topic.creation.default.partitions": "3",
        "topic.creation.default.replication.factor": "1",
        "transforms": "drop,epoch,service",
        "predicates": "bookkeeping",
        "predicates.bookkeeping.type": f"{TRANSFORMS}.predicates.TopicNameMatches",
        "predicates.bookkeeping.pattern": r".*\.(transaction|message)",
        "transforms.drop.type": f"{TRANSFORMS}.ReplaceField$Value",
        "transforms.drop.exclude": "transaction,ts_us,ts_ns",
        "transforms.epoch.type": f"{TRANSFORMS}.InsertField$Value",
        "transforms.epoch.static.field": "epoch",
        "transforms.epoch.static.value": str(epoch),
        "transforms.service.type": f"{TRANSFORMS}.InsertField$Value",
        "transforms.service.static.field": "service",
        "transforms.service.static.value": service,
        "transforms.service.predicate": "bookkeeping",
    }


def put_connector(connect: Connect, database: ServiceDatabase, service: str, epoch: int = 1) -> None:
    answer = httpx.put(
        f"{connect.url}/connectors/{service}/config", json=configuration(database, service, epoch), timeout=60
    )
    assert answer.is_success, answer.text
