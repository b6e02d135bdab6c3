"""The names of Kafka's topics, as Debezium gives them: of a table, of a service's transactions and of its messages."""

import re
from collections import Counter

from cdc.catalog.model import CapturedTable, CatalogError, ServiceCatalog

_NOT_IN_A_TOPIC = re.compile(r"[^A-Za-z0-9._-]")


def topic_prefix(service: str) -> str:
    """What every topic of a service begins with."""
    return f"huleedu.{service}"


def table_topic(table: CapturedTable) -> str:
    """The topic of a table's changes, keyed by its primary key; Debezium puts `_` for what no topic's name may have."""
    schema, name = table.sent_as
    return _NOT_IN_A_TOPIC.sub("_", f"{topic_prefix(table.service)}.{schema}.{name}")


def transaction_topic(service: str) -> str:
    """The topic of BEGIN and END of a service's transactions; END counts the transaction's changes."""
    return f"{topic_prefix(service)}.transaction"


def message_topic(service: str) -> str:
    """The topic of the logical messages in a service's WAL."""
    return f"{topic_prefix(service)}.message"


def table_topics(catalog: ServiceCatalog) -> dict[str, CapturedTable]:
    """Each table by its topic; CatalogError if two tables would share one."""
    counted = Counter(map(table_topic, catalog.tables))
    for table in catalog.tables:
        if counted[table_topic(table)] > 1:
            raise CatalogError(
                f"{table} would share the topic {table_topic(table)} with another table: rename one of them, or capture"
                " this service by its slot"
            )
    return {table_topic(table): table for table in catalog.tables}


def topics(catalog: ServiceCatalog) -> tuple[str, ...]:
    """Every topic of a service: its tables', then that of its transactions, then that of its messages."""
    return (*table_topics(catalog), transaction_topic(catalog.service), message_topic(catalog.service))
