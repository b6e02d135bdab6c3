"""Contents whose time in the bin is over go for good.

Replicas may purge at the same time: a content that one of them purges is locked for it, so that the others skip it.
"""

from datetime import timedelta

from services.content_service.content_repository_postgres_impl import PostgresContentRepository
from services.kit.postgres.actor import Actor
from services.kit.postgres.clock import moment_ago
from services.kit.postgres.database import Database
from services.kit.postgres.in_batches import in_batches

CONTENTS_AT_A_TIME = 100
PURGER = Actor(
    user_id="content_service", route="job purge_deleted_contents", reason="retention of deleted contents is over"
)


async def purge_deleted_contents(database: Database, retention: timedelta) -> int:
    """Remove contents deleted longer than `retention` ago, and say how many."""

    async def purge() -> int:
        async with database.transaction(PURGER) as session:
            before = await moment_ago(session, retention)
            return await PostgresContentRepository(session).purge_deleted(before, CONTENTS_AT_A_TIME)

    return await in_batches(CONTENTS_AT_A_TIME, purge)
