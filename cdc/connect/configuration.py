"""The configuration of a service's connector, made from its catalog: pure, and without a secret.

Connect keeps it in Kafka, where whoever reaches Kafka can read it: the password is a reference that a worker resolves.
"""

import re
from dataclasses import dataclass

from cdc.catalog.bookkeeping_ddl import HEARTBEAT_PREFIX
from cdc.catalog.envelope_names import UNAVAILABLE
from cdc.catalog.envelope_sql import refusals
from cdc.catalog.model import CapturedTable, CatalogError, ServiceCatalog, literal
from cdc.catalog.postgres_ddl import PUBLICATION, debezium_slot_name
from cdc.catalog.topics import message_topic, table_topics, topic_prefix, transaction_topic

Configuration = dict[str, str]
_ADVICE = "exclude the columns in the model, or capture this service by its slot"
_JSON = "org.apache.kafka.connect.json.JsonConverter"
_TRANSFORMS = "org.apache.kafka.connect.transforms"
_MAX_MESSAGE_BYTES = 32 << 20

# What is said of how PostgreSQL is read.
_READING = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "tasks.max": "1",
    "plugin.name": "pgoutput",
    "publication.name": PUBLICATION,
    # `migrations` owns the publication: a connector that made or changed it could leave out a table, or a row's parts.
    "publication.autocreate.mode": "disabled",
    # Copies are capture's own, beside the stream: Debezium's would stop it, and its rows would pass for new changes.
    "snapshot.mode": "no_data",
    # What Kafka holds is where to go on. If the slot is gone or behind it, the task fails and says so, and a new epoch
    # begins; it never goes on with a gap.
    "offset.mismatch.strategy": "trust_offset",
    "slot.drop.on.stop": "false",
    # How soon a task that lost PostgreSQL asks for it again; by itself it would let ten seconds pass.
    "retriable.restart.connector.wait.ms": "2000",
    "skipped.operations": "none",
    "provide.transaction.metadata": "true",
    "tombstones.on.delete": "false",
    "extended.headers.enabled": "false",
}
# What is said of values: cdc/catalog/envelope_values.py reads what comes of these.
_VALUES = {
    "decimal.handling.mode": "string",
    "time.precision.mode": "isostring",
    "interval.handling.mode": "string",
    "hstore.handling.mode": "json",
    "binary.handling.mode": "hex",
    # Otherwise a column of a type that Debezium has no rule for is left out without a word.
    "include.unknown.datatypes": "true",
    "unavailable.value.placeholder": UNAVAILABLE,
}
_SIZES = {
    "max.batch.size": "8192",
    "max.queue.size": "32768",
    "poll.interval.ms": "10",
    "producer.override.batch.size": str(256 << 10),
    "producer.override.linger.ms": "5",
    "producer.override.buffer.memory": str(64 << 20),
    "producer.override.max.request.size": str(_MAX_MESSAGE_BYTES),
}
# What a worker that was killed left open holds its successor up for so long: that reads Kafka's offsets to their stable
# end before it may end what the dead one began. Kafka's own minute is a minute in which nothing is captured; much less,
# and a broker that pauses would cost a task its transaction.
_TRANSACTION_MS = "15000"
_FORMAT = {
    "key.converter": _JSON,
    "key.converter.schemas.enable": "false",
    "value.converter": _JSON,
    "value.converter.schemas.enable": "false",
}


@dataclass(frozen=True)
class Database:
    """Where a service's database is, and as whom it is read; the password is what the worker resolves."""

    host: str
    port: int
    name: str
    user: str
    password: str


@dataclass(frozen=True)
class Kafka:
    """How topics are made, and how much is asked of Kafka.

    partitions: of a table's topic, of which each may have a sink of its own; replicas: copies of each topic;
    exactly_once: whether a worker that dies repeats nothing; without it some changes come twice, which does no harm.
    """

    partitions: int = 4
    replicas: int = 1
    exactly_once: bool = True


def connector_name(service: str) -> str:
    """What the service's connector is called."""
    return f"huleedu-{service}"


def password_reference(service: str) -> str:
    """Where a worker finds the password of the service's `_cdc` role: in its own environment."""
    return f"${{env:CDC_{service.upper()}_DATABASE_PASSWORD}}"


def configuration(
    catalog: ServiceCatalog, database: Database, epoch: int, kafka: Kafka, heartbeat_seconds: float
) -> Configuration:
    """The whole configuration of the service's connector in an epoch.

    CatalogError if Debezium does not carry a column faithfully, or two tables would share a topic.
    """
    require_carried(catalog)
    table_topics(catalog)
    service = catalog.service
    return {
        "name": connector_name(service),
        **_READING,
        "database.hostname": database.host,
        "database.port": str(database.port),
        "database.dbname": database.name,
        "database.user": database.user,
        "database.password": database.password,
        "topic.prefix": topic_prefix(service),
        "slot.name": debezium_slot_name(service),
        **_excluded(catalog),
        **_VALUES,
        **_heartbeat(heartbeat_seconds),
        **_topics(service, kafka),
        **_delivery(kafka),
        **_SIZES,
        **_FORMAT,
        **_transforms(service, epoch),
    }


def require_carried(catalog: ServiceCatalog) -> None:
    """Raise CatalogError, which names every column that Debezium does not carry faithfully, if there is one."""
    refused = [
        f"{table}: column {column.name}: {reason}"
        for table in catalog.tables
        for column, reason in refusals(table)
        if column in table.columns
    ]
    if refused:
        raise CatalogError(f"{catalog.service} cannot be captured through Kafka: {'; '.join(refused)}; {_ADVICE}")


def _excluded(catalog: ServiceCatalog) -> Configuration:
    """Excluded columns, by expressions that match their names alone. Debezium reads them, and sends them nowhere."""
    names = [_column_expression(table, name) for table in catalog.tables for name in sorted(table.excluded)]
    return {"column.exclude.list": ",".join(names)} if names else {}


def _column_expression(table: CapturedTable, column: str) -> str:
    # In Java a backslash before anything but a letter or a digit means the thing itself; one before a comma also keeps
    # the list from being cut there.
    return re.sub(r"([^A-Za-z0-9_])", r"\\\1", ".".join((*table.sent_as, column)))


def _heartbeat(seconds: float) -> Configuration:
    """A transaction from time to time: nothing else moves the slot of a database that nobody writes to."""
    return {
        "heartbeat.interval.ms": str(round(seconds * 1000)),
        "heartbeat.action.query": f"SELECT pg_logical_emit_message(true, {literal(HEARTBEAT_PREFIX)}, '')",
    }


def _topics(service: str, kafka: Kafka) -> Configuration:
    """Topics are kept in order: transactions and messages have one partition each, tables several, by their key."""
    beside = "|".join(re.escape(topic) for topic in (transaction_topic(service), message_topic(service)))
    return {
        "topic.creation.groups": "beside",
        "topic.creation.default.partitions": str(kafka.partitions),
        "topic.creation.default.replication.factor": str(kafka.replicas),
        "topic.creation.default.max.message.bytes": str(_MAX_MESSAGE_BYTES),
        "topic.creation.beside.include": f"({beside}|__debezium-heartbeat\\..*)",
        "topic.creation.beside.partitions": "1",
        "topic.creation.beside.replication.factor": str(kafka.replicas),
    }


def _delivery(kafka: Kafka) -> Configuration:
    if not kafka.exactly_once:
        return {"exactly.once.support": "requested"}
    return {
        "exactly.once.support": "required",
        "transaction.boundary": "poll",
        "producer.override.transaction.timeout.ms": _TRANSACTION_MS,
    }


def _transforms(service: str, epoch: int) -> Configuration:
    """What each message says beside Debezium's own: the epoch, and of what is no table's the service.

    And what it does not say: fields that nothing reads cost a sixth of every message.
    """
    insert = f"{_TRANSFORMS}.InsertField$Value"
    beside = "|".join(re.escape(topic) for topic in (transaction_topic(service), message_topic(service)))
    return {
        "transforms": "shorten,epoch,service",
        "transforms.shorten.type": f"{_TRANSFORMS}.ReplaceField$Value",
        "transforms.shorten.exclude": "transaction,ts_us,ts_ns",
        "transforms.epoch.type": insert,
        "transforms.epoch.static.field": "epoch",
        "transforms.epoch.static.value": str(epoch),
        "transforms.service.type": insert,
        "transforms.service.static.field": "service",
        "transforms.service.static.value": service,
        "transforms.service.predicate": "beside",
        "predicates": "beside",
        "predicates.beside.type": f"{_TRANSFORMS}.predicates.TopicNameMatches",
        "predicates.beside.pattern": beside,
    }
