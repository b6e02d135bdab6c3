"""Contents whose time in the bin is over go for good.

Replicas may purge at the same time: a content that one of them purges is locked for it, so that the others skip it.
"""

from datetime import UTC, datetime, timedelta

from services.content_service.content_repository_postgres_impl import PostgresContentRepository
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database

CONTENTS_AT_A_TIME = 100
PURGER = Actor(
    user_id="content_service", route="job purge_deleted_contents", reason="retention of deleted contents is over"
)


class Purging:
    """Removes what nobody can restore any more."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def purge_deleted_contents(self, retention: timedelta) -> int:
        """Remove contents deleted longer than `retention` ago, and say how many."""
        before, purged = datetime.now(UTC) - retention, 0
        while True:
            async with self._database.transaction(PURGER) as session:
                gone = await PostgresContentRepository(session).purge_deleted(before, CONTENTS_AT_A_TIME)
            purged += gone
            if gone < CONTENTS_AT_A_TIME:
                return purged
