"""`python -m services.file_service` serves until SIGTERM or SIGINT; one line says what is wrong with its settings."""

import asyncio

import typer

from services.file_service.app import create_file_service
from services.file_service.config import FileServiceSettings
from services.file_service.di import SERVICE, make_container
from services.file_service.object_store_from_url import ObjectStoreUrlError
from services.kit.command_line import explained
from services.kit.logging import configure_logging
from services.kit.web.serving import PortTakenError, serve


def main() -> None:
    """Serve files on FILE_SERVICE_HOST and FILE_SERVICE_PORT."""
    with explained(usage=(PortTakenError, ObjectStoreUrlError)):
        asyncio.run(_run())


async def _run() -> None:
    container = make_container()
    try:
        settings = await container.get(FileServiceSettings)
        configure_logging(SERVICE, settings.log_level)
        app = await create_file_service(container)
        await serve(app, settings.host, settings.port)
    finally:
        await container.close()


if __name__ == "__main__":
    typer.run(main)
