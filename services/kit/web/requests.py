"""What happens around each request: its correlation id in and out, its line in the log, who asks and who writes."""

import time

import structlog
from quart import Blueprint, Quart, Response, g, request

from services.kit.correlation import CORRELATION_HEADER, begin_action, correlation_id, parse_correlation_id
from services.kit.errors import ValidationFailedError
from services.kit.identity import ROLES_HEADER, USER_HEADER, Caller, caller_from
from services.kit.postgres.actor import Actor

REASON_HEADER = "X-Change-Reason"
LONGEST_REASON = 500
_UNLOGGED = frozenset({"/healthz", "/metrics"})

log = structlog.get_logger(__name__)


def register_request_hooks(app: Quart) -> None:
    """Begin and end each request of the app with what every request needs."""
    app.before_request(_begin)
    app.after_request(_end)


def for_callers(*blueprints: Blueprint) -> tuple[Blueprint, ...]:
    """The blueprints, none of whose routes answers a caller whom nobody names (UnauthenticatedError)."""
    for blueprint in blueprints:
        blueprint.before_request(_require_caller)
    return blueprints


async def _require_caller() -> None:
    current_caller()


def current_caller() -> Caller:
    """Who asks; UnauthenticatedError if nobody says so."""
    return caller_from(request.headers.get(USER_HEADER), request.headers.get(ROLES_HEADER))


def current_actor() -> Actor:
    """Who writes in this request; ValidationFailedError if the reason given is too long."""
    reason = request.headers.get(REASON_HEADER, "").strip()
    if len(reason) > LONGEST_REASON:
        raise ValidationFailedError(f"header {REASON_HEADER} is longer than {LONGEST_REASON} characters")
    user_id = request.headers.get(USER_HEADER, "").strip()
    return Actor(user_id or None, correlation_id(), current_route(), reason or None)


def current_route() -> str:
    """The method and the template of the route, e.g. `GET /files/<file_id>`: never a path with ids in it."""
    return f"{request.method} {request.url_rule.rule if request.url_rule else '(no route)'}"


async def _begin() -> None:
    g.started = time.perf_counter()
    begin_action()  # an id of its own first: the answer that refuses the caller's as no UUID must carry one, too
    begin_action(parse_correlation_id(request.headers.get(CORRELATION_HEADER)) or correlation_id())


async def _end(response: Response) -> Response:
    current = correlation_id()
    if current is not None:
        response.headers[CORRELATION_HEADER] = str(current)
    if request.path not in _UNLOGGED:
        duration_ms = round((time.perf_counter() - g.started) * 1000, 1)
        log.info("request", route=current_route(), status=response.status_code, duration_ms=duration_ms)
    return response
