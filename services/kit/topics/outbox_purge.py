"""Results stay in the outbox for a time, published or not, and then go; their history is in ClickHouse."""

from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.postgres.old_rows import OldRows
from services.kit.topics.outbox import OutboxColumns

NAME = "purge_outbox"


class OutboxPurge(OldRows):
    """Removes the old results of a service. What was published once is published though its row is gone."""

    def __init__(self, database: Database, row: type[OutboxColumns], service: str) -> None:
        purger = Actor(user_id=service, route=f"job {NAME}", reason="retention of the outbox is over")
        super().__init__(database, (row.event_id,), row.created_at, name=NAME, purger=purger)
