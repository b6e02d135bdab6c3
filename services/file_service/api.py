"""All blueprints of the file service."""

from quart import Blueprint

from services.file_service.api_downloads import downloads_blueprint
from services.file_service.api_files import files_blueprint
from services.file_service.api_uploads import uploads_blueprint

BLUEPRINTS: tuple[Blueprint, ...] = (uploads_blueprint, files_blueprint, downloads_blueprint)
