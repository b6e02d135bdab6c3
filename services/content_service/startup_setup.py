"""What the content service does beside requests; to serve it needs nothing but its database."""

from functools import partial

from dishka import AsyncContainer

from services.content_service.config import ContentServiceSettings
from services.content_service.purging import purge_deleted_contents
from services.kit.background_jobs import Job
from services.kit.postgres.database import Database


async def jobs(container: AsyncContainer) -> list[Job]:
    """Purging."""
    settings, database = await container.get(ContentServiceSettings), await container.get(Database)
    purge = partial(purge_deleted_contents, database, settings.purge_after)
    return [Job("purge_deleted_contents", settings.purge_interval.total_seconds(), purge)]
