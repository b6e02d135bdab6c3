"""Jobs that were left pending, by a process that ended or an outage, are finished by whoever finds them.

Replicas may look at the same time: a job that one of them claims counts as fresh for the others, and should two come
to work on one all the same, the second waits for the first and takes over its answer.
"""

import asyncio
from datetime import timedelta

import structlog

from services.kit.correlation import begin_action
from services.kit.errors import ConflictError, NotFoundError
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.spell_checker_service.protocols import SpellcheckHandler
from services.spell_checker_service.requests import PendingJob
from services.spell_checker_service.spellcheck_repository_postgres_impl import PostgresSpellcheckRepository

ROUTE = "job finish_pending_jobs"
USER_ID = "spell_checker_service"
CLAIMANT = Actor(user_id=USER_ID, route=ROUTE)

log = structlog.get_logger(__name__)


class PendingJobs:
    """Finds jobs that nobody works on, and has them done."""

    def __init__(self, database: Database, handler: SpellcheckHandler) -> None:
        self._database = database
        self._handler = handler

    async def finish_pending_jobs(self, older_than: timedelta) -> int:
        """Finish jobs pending for longer than that, and say how many; ServiceUnavailableError ends it for now."""
        finished = 0
        while (pending := await self._claim(older_than)) is not None:
            # In a task of its own: the correlation id of one job must not become that of the next.
            finished += await asyncio.create_task(self._finish(pending))
        return finished

    async def _claim(self, older_than: timedelta) -> PendingJob | None:
        async with self._database.transaction(CLAIMANT) as session:
            return await PostgresSpellcheckRepository(session).claim_pending(older_than)

    async def _finish(self, pending: PendingJob) -> bool:
        begin_action(pending.correlation_id)
        try:
            await self._handler.finish(pending, Actor(USER_ID, pending.correlation_id, ROUTE))
        except (ConflictError, NotFoundError) as error:
            log.info("pending_job_changed_meanwhile", reason=str(error))
            return False
        return True
