"""One message to its end: done, or parked with its reason; what time will mend is tried for as long as it takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

import structlog

from services.kit.backoff import Backoff
from services.kit.correlation import begin_action
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.topics.delivery import Delivery
from services.kit.topics.metrics import MESSAGES, RETRIES, SECONDS
from services.kit.topics.parked_messages import ParkedMessageColumns, ParkedMessages
from services.kit.topics.refusal import DEFECT, Refusal, Verdict, refusal_for, verdict_on

DOUBTFUL_TRIES = 5

log = structlog.get_logger(__name__)

Handle = Callable[[Delivery], Awaitable[None]]


class Attempts:
    """Has messages done by `handle`, so many at once; whatever cuts it off, the message can be taken again."""

    def __init__(
        self, handle: Handle, database: Database, parked: type[ParkedMessageColumns], at_once: asyncio.Semaphore
    ) -> None:
        self._handle = handle
        self._database = database
        self._parked = parked
        self._at_once = at_once

    async def settle(self, delivery: Delivery) -> None:
        """Return once the message is done or parked; an error only if it cannot be parked for good."""
        correlation_id = begin_action(delivery.correlation_id)
        started = time.perf_counter()
        error = await self._tried(delivery, partial(self._handle, delivery))
        if error is not None:
            refusal = refusal_for(error)
            trace = error if refusal.code == DEFECT else None
            log.warning("message_parked", **_named(delivery), code=refusal.code, reason=refusal.reason, exc_info=trace)
            unparked = await self._tried(delivery, partial(self._park, delivery, refusal, correlation_id))
            if unparked is not None:
                raise unparked
        MESSAGES.labels(delivery.topic, "done" if error is None else "parked").inc()
        SECONDS.labels(delivery.topic).observe(time.perf_counter() - started)
        log.info("message", **_named(delivery), parked=error is not None)

    async def _tried(self, delivery: Delivery, work: Callable[[], Awaitable[None]]) -> BaseException | None:
        """None once the work is done; the error for which it does not help to try again."""
        backoff, doubtful = Backoff(), 0
        while True:
            # Gathered as a value, whatever it is: an error of one message must not end those of others.
            async with self._at_once:
                (error,) = await asyncio.gather(work(), return_exceptions=True)
            if not isinstance(error, BaseException):
                return None
            verdict = verdict_on(error)
            doubtful += verdict is Verdict.DOUBTFUL
            if verdict is Verdict.FINAL or doubtful >= DOUBTFUL_TRIES:
                return error
            RETRIES.labels(delivery.topic).inc()
            log.warning("message_failed", **_named(delivery), verdict=verdict.value, reason=repr(error))
            await asyncio.sleep(backoff.next_delay())

    async def _park(self, delivery: Delivery, refusal: Refusal, correlation_id: UUID) -> None:
        actor = Actor(correlation_id=correlation_id, route=f"topic {delivery.topic}", reason="message refused")
        async with self._database.transaction(actor) as session:
            await ParkedMessages(session, self._parked).park(delivery, refusal, correlation_id)


def _named(delivery: Delivery) -> dict[str, object]:
    return {"topic": delivery.topic, "partition": delivery.partition, "offset": delivery.offset}
