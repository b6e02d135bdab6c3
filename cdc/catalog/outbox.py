"""Tables whose inserted rows are also published to topics, and the publication by which their inserts leave."""

from cdc.catalog.model import CapturedTable, ServiceCatalog

OUTBOX_PUBLICATION = "huleedu_outbox"
_INSERTS = "publish = 'insert', publish_via_partition_root = true"
# True of a publication that sends what is inserted, and neither what is purged nor anything else.
INSERTS_ALONE = "pubinsert AND NOT (pubupdate OR pubdelete OR pubtruncate) AND pubviaroot"


def outboxes(catalog: ServiceCatalog) -> tuple[CapturedTable, ...]:
    """The service's tables that declare what of a row is a message."""
    return tuple(table for table in catalog.tables if table.capture.published is not None)


def outbox_slot(service: str) -> str:
    """The replication slot from which a service's results are published."""
    return f"huleedu_{service}_outbox"


def create_outbox_publication() -> str:
    """The statement that makes an empty publication of inserts."""
    return f"CREATE PUBLICATION {OUTBOX_PUBLICATION} WITH ({_INSERTS})"


def publish_inserts_alone() -> str:
    """The statement that has the publication send inserts and nothing else."""
    return f"ALTER PUBLICATION {OUTBOX_PUBLICATION} SET ({_INSERTS})"
