"""Every error of a request in the one shape, whoever raised it; what it was is logged, a defect never told."""

from typing import Any

import structlog
from pydantic import ValidationError
from quart import Quart, ResponseReturnValue, current_app, request
from quart_schema import RequestSchemaValidationError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from services.kit import errors
from services.kit.correlation import correlation_id
from services.kit.errors import DomainError, error_body
from services.kit.postgres.errors import meaning_of

log = structlog.get_logger(__name__)

_KINDS: tuple[type[DomainError], ...] = (
    errors.ValidationFailedError,
    errors.UnauthenticatedError,
    errors.ForbiddenError,
    errors.NotFoundError,
    errors.ConflictError,
    errors.PayloadTooLargeError,
    errors.TooManyRequestsError,
    errors.ServiceUnavailableError,
)
_CODES = {kind.status: kind.default_code for kind in _KINDS}


def register_error_handlers(app: Quart) -> None:
    """Answer each kind of error in the one shape."""
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(RequestSchemaValidationError, _schema_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(Exception, _defect)


async def _domain_error(error: DomainError) -> ResponseReturnValue:
    if error.status >= 500:
        log.warning("request_refused", code=error.code, exc_info=error)
    body, status, headers = _answer(error.status, error.code, error.message, error.details)
    return body, status, headers if error.retry_after is None else {"Retry-After": str(error.retry_after)}


async def _schema_error(error: RequestSchemaValidationError) -> ResponseReturnValue:
    reason = error.validation_error
    if not isinstance(reason, ValidationError):
        return _answer(400, errors.ValidationFailedError.default_code, f"the request is not understood: {reason}")
    fields = [
        {"field": ".".join(str(part) for part in fault["loc"]), "message": fault["msg"]} for fault in reason.errors()
    ]
    names = ", ".join(fault["field"] for fault in fields)
    return _answer(
        400, errors.ValidationFailedError.default_code, f"the request is not valid: {names}", {"fields": fields}
    )


async def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    code = _CODES.get(status, error.name.lower().replace(" ", "_"))
    body, _, headers = _answer(status, code, _unrouted(error) or error.description or "")
    kept = {name: value for name, value in error.get_headers() if name.lower() in {"allow", "location", "retry-after"}}
    return body, status, {**headers, **kept}


def _unrouted(error: HTTPException) -> str | None:
    """What no route takes, in words for who wrote the request; Werkzeug's are for who typed into a browser."""
    if request.routing_exception is not error:
        return None
    if isinstance(error, MethodNotAllowed):
        return f"{request.method} is not allowed here, but {', '.join(sorted(error.valid_methods or ()))}"
    if not isinstance(error, NotFound):
        return None
    near = [rule.rule for rule in current_app.url_map.iter_rules() if _is_near(rule.rule, request.path)]
    return f"no such route, or an id that is no UUID: {near[0]} is near" if near else "no such route: see /docs"


def _is_near(route: str, path: str) -> bool:
    """Whether the path is the route but for what stands in place of its variables."""
    wanted, given = route.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        part == other or part.startswith("<") for part, other in zip(wanted, given, strict=True)
    )


async def _database_error(error: SQLAlchemyError) -> ResponseReturnValue:
    meaning = meaning_of(error)
    if meaning is None:
        return await _defect(error)
    meaning.__cause__ = error
    return await _domain_error(meaning)


async def _defect(error: Exception) -> ResponseReturnValue:
    log.error("request_failed", exc_info=error)
    return _answer(500, DomainError.default_code, "something went wrong here; the correlation id helps to find it")


def _answer(
    status: int, code: str, message: str, details: dict[str, Any] | None = None
) -> tuple[dict[str, Any], int, dict[str, str]]:
    return error_body(code, message, correlation_id(), details), status, {}
