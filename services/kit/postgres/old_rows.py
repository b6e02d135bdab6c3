"""Rows that are kept for a time: older ones are removed by a background job, so that their table stays small.

Replicas may purge at the same time: what one of them removes is locked for it, so that the others skip it.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from services.kit.background_jobs import Job
from services.kit.postgres.actor import Actor
from services.kit.postgres.clock import moment_ago
from services.kit.postgres.database import Database
from services.kit.postgres.in_batches import in_batches

ROWS_AT_A_TIME = 1000
SECONDS_BETWEEN_PURGES = 3600.0


class OldRows:
    """The rows of a table that are older than something. name: of the job that removes them."""

    def __init__(
        self,
        database: Database,
        key: tuple[InstrumentedAttribute[Any], ...],
        since: InstrumentedAttribute[datetime],
        *,
        name: str,
        purger: Actor,
    ) -> None:
        self._database = database
        self._key = key
        self._since = since
        self._name = name
        self._purger = purger

    def job(self, retention: timedelta) -> Job:
        """The background job that removes what is older than that."""
        return Job(self._name, SECONDS_BETWEEN_PURGES, partial(self.purge, retention))

    async def purge(self, retention: timedelta, at_a_time: int = ROWS_AT_A_TIME) -> int:
        """Remove the rows from longer than `retention` ago, and say how many."""
        return await in_batches(at_a_time, partial(self._purge_some, retention, at_a_time))

    async def _purge_some(self, retention: timedelta, limit: int) -> int:
        async with self._database.transaction(self._purger) as session:
            due = select(*self._key).where(self._since < await moment_ago(session, retention))
            oldest = due.order_by(self._since).limit(limit).with_for_update(skip_locked=True)
            going = (await session.execute(oldest)).all()
            await session.execute(delete(self._key[0].class_).where(tuple_(*self._key).in_(going)))
        return len(going)
