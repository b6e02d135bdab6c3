"""All blueprints of the content service."""

from typing import Any

from quart import request

from services.content_service.api_bytes import bytes_blueprint
from services.content_service.api_contents import contents_blueprint
from services.content_service.api_relations import relations_blueprint
from services.content_service.api_tags import tags_blueprint
from services.content_service.content_queries import not_found
from services.content_service.names import is_content_id
from services.kit.web.requests import for_callers

BLUEPRINTS = for_callers(contents_blueprint, bytes_blueprint, tags_blueprint, relations_blueprint)


async def _refuse_what_is_no_content_id() -> None:
    """NotFoundError before the database is asked for what it may not even be able to hold."""
    arguments: dict[str, Any] = request.view_args or {}
    content_id = arguments.get("content_id")
    if content_id is not None and not is_content_id(content_id):
        raise not_found(content_id)


for _blueprint in BLUEPRINTS:
    _blueprint.before_request(_refuse_what_is_no_content_id)
