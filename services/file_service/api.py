"""All blueprints of the file service; none of their routes answers a caller whom nobody names."""

from quart import Blueprint

from services.file_service.api_downloads import downloads_blueprint
from services.file_service.api_files import files_blueprint
from services.file_service.api_uploads import uploads_blueprint
from services.kit.web.requests import current_caller

BLUEPRINTS: tuple[Blueprint, ...] = (uploads_blueprint, files_blueprint, downloads_blueprint)


async def _require_caller() -> None:
    current_caller()


for _blueprint in BLUEPRINTS:
    _blueprint.before_request(_require_caller)
