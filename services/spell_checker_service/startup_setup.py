"""What the spell checker does beside requests of HTTP; without the content service it still answers what it knows."""

from functools import partial

from dishka import AsyncContainer

from services.kit.background_jobs import Job
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.postgres.processed_messages_purge import MessagePurge
from services.kit.topics.consumer import TopicConsumer
from services.kit.topics.outbox_purge import OutboxPurge
from services.kit.topics.reading import consumers_of
from services.kit.topics.requests import Requests
from services.spell_checker_service.config import SpellCheckerServiceSettings
from services.spell_checker_service.domain import SpellcheckJob
from services.spell_checker_service.events import SpellcheckRequested
from services.spell_checker_service.models_db import ParkedMessageRow
from services.spell_checker_service.pending_jobs import PendingJobs
from services.spell_checker_service.protocols import SpellcheckHandler
from services.spell_checker_service.spelling.speller import Speller


async def jobs(container: AsyncContainer) -> list[Job]:
    """Finishing what was left, and forgetting what is old. Dictionaries are read now, so that no request waits."""
    await container.get(Speller)
    settings, pending = await container.get(SpellCheckerServiceSettings), await container.get(PendingJobs)
    finish = partial(pending.finish_pending_jobs, settings.pending_grace)
    purge, outbox_purge = await container.get(MessagePurge), await container.get(OutboxPurge)
    return [
        Job("finish_pending_jobs", settings.pending_interval.total_seconds(), finish),
        purge.job(settings.processed_messages_retention),
        outbox_purge.job(settings.outbox_retention),
    ]


async def consumers(container: AsyncContainer) -> list[TopicConsumer]:
    """Of the topic in which spell checks are requested; its requests are answered like those of HTTP."""
    settings, database = await container.get(SpellCheckerServiceSettings), await container.get(Database)
    handler: SpellcheckHandler = await container.get(SpellcheckHandler)

    async def check(requested: SpellcheckRequested, actor: Actor) -> SpellcheckJob:
        return await handler.handle(requested.request(), actor)

    return consumers_of("spell_checker", settings, database, ParkedMessageRow, [Requests(SpellcheckRequested, check)])
