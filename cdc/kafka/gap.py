"""A gap in a topic: records that were deleted before the group had read them; the tables concerned are copied anew."""

import logging

from clickhouse_connect.driver import Client

from cdc.bookkeeping.copies import want_copies
from cdc.bookkeeping.epochs import current_epoch
from cdc.bookkeeping.progress import progress
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.topics import message_topic, table_topics
from cdc.catalog.version import place
from cdc.kafka.offsets import Partition
from cdc.postgres import session
from cdc.source.heartbeat import beat

_log = logging.getLogger(__name__)
_REASON = "Kafka had deleted records of {0.topic}-{0.number} before they were read"


def heal(client: Client, catalog: ServiceCatalog, database_url: str, partition: Partition, offset: int | None) -> None:
    """Want copies of what a gap may have touched: records from an offset on, None where the group had none committed.

    Before the first progress of an epoch nothing was read, and every table is to be copied anyway.
    """
    epoch, reached = current_epoch(client, catalog.service), progress(client, catalog.service)
    begun = epoch is not None and reached is not None and place(reached.position)[0] == epoch.number
    if epoch is None or (offset is None and not begun):
        return
    reason = _REASON.format(partition)
    _log.warning("%s: %s", catalog.service, reason)
    if partition.topic == message_topic(catalog.service):
        # Who made some changes will never be known; the changes themselves are there.
        return
    named = table_topics(catalog).get(partition.topic)
    tables = [named] if named is not None else catalog.tables
    with session(database_url) as connection:
        want_copies(client, catalog.service, epoch.number, beat(connection), [(table.name, reason) for table in tables])
