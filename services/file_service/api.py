"""All blueprints of the file service."""

from services.file_service.api_downloads import downloads_blueprint
from services.file_service.api_files import files_blueprint
from services.file_service.api_uploads import uploads_blueprint
from services.kit.web.requests import for_callers

BLUEPRINTS = for_callers(uploads_blueprint, files_blueprint, downloads_blueprint)
