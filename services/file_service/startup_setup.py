"""What the file service needs before it serves, and what it does beside requests."""

from functools import partial

from dishka import AsyncContainer

from services.file_service.cleaning import Cleaning
from services.file_service.config import FileServiceSettings
from services.file_service.object_store import ObjectStore
from services.file_service.text_extraction.workers import DocumentReader
from services.kit.background_jobs import Job
from services.kit.web.operations import Check


async def checks(container: AsyncContainer) -> dict[str, Check]:
    """The object store; ObjectStoreUrlError if there can be none."""
    store = await container.get(ObjectStore)
    return {"object_store": store.check}


async def jobs(container: AsyncContainer) -> list[Job]:
    """Cleaning up. The processes that read documents start now, so that no upload waits for them."""
    await container.get(DocumentReader)
    settings, cleaning = await container.get(FileServiceSettings), await container.get(Cleaning)
    return [
        Job(
            name="sweep_orphaned_bytes",
            interval=settings.sweep_interval.total_seconds(),
            run=partial(cleaning.sweep_orphaned_bytes, settings.sweep_grace),
        ),
        Job(
            name="purge_deleted_files",
            interval=settings.purge_interval.total_seconds(),
            run=partial(cleaning.purge_deleted_files, settings.purge_after),
        ),
    ]
