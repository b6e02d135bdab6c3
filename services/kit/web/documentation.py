"""The page of a service's OpenAPI description, its scripts served from here: it works without a network."""

import importlib.util
from pathlib import Path

from quart import Blueprint, Quart, Response, send_from_directory
from quart_schema import Info, QuartSchema, hide

from services.kit.web.plain_bytes import ProviderWithBytes

_ASSETS = ("swagger-ui-bundle.js", "swagger-ui.css")
_ASSETS_PATH = "/docs/assets"


def document(app: Quart, title: str) -> None:
    """Give the app /openapi.json and /docs."""
    script, style = (f"{_ASSETS_PATH}/{name}" for name in _ASSETS)
    app.config.update(QUART_SCHEMA_SWAGGER_JS_URL=script, QUART_SCHEMA_SWAGGER_CSS_URL=style)
    QuartSchema(
        app,
        info=Info(title=title, version="1"),
        openapi_provider_class=ProviderWithBytes,
        openapi_path="/openapi.json",
        swagger_ui_path="/docs",
        redoc_ui_path=None,
        scalar_ui_path=None,
    )
    app.register_blueprint(_assets())


def _assets() -> Blueprint:
    blueprint = Blueprint("documentation", __name__)
    directory = _swagger_ui()

    @blueprint.get(f"{_ASSETS_PATH}/<any({', '.join(repr(name) for name in _ASSETS)}):name>")
    @hide
    async def asset(name: str) -> Response:
        return await send_from_directory(directory, name)

    return blueprint


def _swagger_ui() -> Path:
    """The folder of Swagger UI's files, found without importing the package, whose code is for other frameworks."""
    spec = importlib.util.find_spec("swagger_ui")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the package swagger-ui-py is not installed; `make setup` installs it")
    return Path(spec.origin).parent / "static"
