"""What the spell checker does beside requests; without the content service it still answers what it knows."""

from functools import partial

from dishka import AsyncContainer

from services.kit.background_jobs import Job
from services.kit.postgres.processed_messages_purge import MessagePurge
from services.spell_checker_service.config import SpellCheckerServiceSettings
from services.spell_checker_service.pending_jobs import PendingJobs
from services.spell_checker_service.spelling.speller import Speller


async def jobs(container: AsyncContainer) -> list[Job]:
    """Finishing what was left, and forgetting old answers. Dictionaries are read now, so that no request waits."""
    await container.get(Speller)
    settings, pending = await container.get(SpellCheckerServiceSettings), await container.get(PendingJobs)
    finish = partial(pending.finish_pending_jobs, settings.pending_grace)
    purge = await container.get(MessagePurge)
    return [
        Job("finish_pending_jobs", settings.pending_interval.total_seconds(), finish),
        purge.job(settings.processed_messages_retention),
    ]
