"""The Quart app that every service starts from."""

from quart import Quart

from services.kit.web.documentation import document
from services.kit.web.errors import register_error_handlers
from services.kit.web.operations import Check, operations
from services.kit.web.request_body import CheckedRequest
from services.kit.web.requests import register_request_hooks


def create_app(
    service: str, title: str, *, checks: dict[str, Check], max_body_bytes: int, shown: dict[str, Check] | None = None
) -> Quart:
    """An app with correlation ids, request logs, one shape of errors, /healthz, /metrics, /openapi.json and /docs.

    checks: what must answer for the service to serve, by name; each raises if it doesn't. shown: what /healthz tells of
    as well, though the service serves without.
    """
    app = Quart(service, static_folder=None)
    # No path is nearly another: to send a client on would be to a place that its own Host header names.
    app.url_map.merge_slashes = app.url_map.redirect_defaults = False
    app.request_class = CheckedRequest
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes
    document(app, title)
    register_request_hooks(app)
    register_error_handlers(app)
    app.register_blueprint(operations(service, checks, shown or {}))
    return app
