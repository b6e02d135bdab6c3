"""The order in which an app is set up: repositories first, then blueprints, then what runs beside."""

from collections.abc import AsyncGenerator
from functools import partial

from dishka import AsyncContainer
from quart import Quart
from quart_dishka import QuartDishka

from services.file_service.api import BLUEPRINTS
from services.file_service.background_jobs import BackgroundJobs, Job
from services.file_service.cleaning import Cleaning
from services.file_service.config import FileServiceSettings
from services.file_service.text_extraction.workers import DocumentReader


def set_up(app: Quart, container: AsyncContainer) -> None:
    """Give the app everything but its start."""
    register_repositories(app, container)
    register_blueprints(app)
    register_background_jobs(app, container)


def register_repositories(app: Quart, container: AsyncContainer) -> None:
    """Let handlers ask for repositories, and whatever else the container provides."""
    QuartDishka(app=app, container=container)


def register_blueprints(app: Quart) -> None:
    """Add the routes."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)


def register_background_jobs(app: Quart, container: AsyncContainer) -> None:
    """Clean up while the app serves; when it stops, end the jobs before what they use is closed."""

    @app.while_serving
    async def run_beside_requests() -> AsyncGenerator[None, None]:
        settings, cleaning = await container.get(FileServiceSettings), await container.get(Cleaning)
        await container.get(DocumentReader)
        async with BackgroundJobs(_jobs(settings, cleaning)):
            yield
        await container.close()


def _jobs(settings: FileServiceSettings, cleaning: Cleaning) -> list[Job]:
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
