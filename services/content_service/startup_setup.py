"""What the content service does beside requests; to serve it needs nothing but its database."""

from functools import partial

from dishka import AsyncContainer

from services.content_service.config import ContentServiceSettings
from services.content_service.purging import Purging
from services.kit.background_jobs import Job


async def jobs(container: AsyncContainer) -> list[Job]:
    """Purging."""
    settings, purging = await container.get(ContentServiceSettings), await container.get(Purging)
    purge = partial(purging.purge_deleted_contents, settings.purge_after)
    return [Job("purge_deleted_contents", settings.purge_interval.total_seconds(), purge)]
