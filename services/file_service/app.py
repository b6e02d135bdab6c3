"""The file service as an ASGI app."""

from dishka import AsyncContainer
from quart import Quart

from services.file_service.config import FileServiceSettings
from services.file_service.di import SERVICE
from services.file_service.object_store import ObjectStore
from services.file_service.startup_setup import set_up
from services.kit.postgres.database import Database
from services.kit.web.app import create_app


async def create_file_service(container: AsyncContainer) -> Quart:
    """The app over this container, which it closes when it stops. SettingsError, ObjectStoreUrlError."""
    settings = await container.get(FileServiceSettings)
    database = await container.get(Database)
    store = await container.get(ObjectStore)
    app = create_app(
        SERVICE,
        "HuleEdu file service",
        checks={"database": database.ping, "object_store": store.check},
        max_body_bytes=settings.max_request_bytes,
    )
    set_up(app, container)
    return app
