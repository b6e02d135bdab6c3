"""The errors a service answers with: each has a code for programs, a sentence for people and an HTTP status."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID


class DomainError(Exception):
    """An error whose message and details a caller may read; `details` must be JSON's own types."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "internal"
    # Seconds after which it makes sense to come back, for the header Retry-After.
    retry_after: int | None = None

    def __init__(self, message: str, *, code: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.details = dict(details or {})


class ValidationFailedError(DomainError):
    """What was sent cannot be accepted as it is."""

    status = 400
    default_code = "validation"


class UnauthenticatedError(DomainError):
    """Nobody said who asks."""

    status = 401
    default_code = "unauthenticated"


class ForbiddenError(DomainError):
    """Who asks is known, and may not."""

    status = 403
    default_code = "forbidden"


class NotFoundError(DomainError):
    """There is no such thing, or it belongs to another and the caller is not to know."""

    status = 404
    default_code = "not_found"


class ConflictError(DomainError):
    """It contradicts what is stored, or somebody else was faster."""

    status = 409
    default_code = "conflict"


class PayloadTooLargeError(DomainError):
    """More bytes than are accepted."""

    status = 413
    default_code = "payload_too_large"


class TooManyRequestsError(DomainError):
    """More than is allowed in a time; `retry_after`: seconds until the same request is taken again."""

    status = 429
    default_code = "too_many_requests"

    def __init__(self, message: str, *, retry_after: int, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, details=details)
        self.retry_after = retry_after


class ServiceUnavailableError(DomainError):
    """Something this service needs does not answer; the same request may succeed later."""

    status = 503
    default_code = "unavailable"
    retry_after = 5


def error_body(
    code: str, message: str, correlation_id: UUID | None, details: Mapping[str, Any] | None = None
) -> dict[str, dict[str, Any]]:
    """The one shape in which errors are answered."""
    return {
        "error": {
            "code": code,
            "message": message,
            "correlation_id": None if correlation_id is None else str(correlation_id),
            "details": dict(details or {}),
        }
    }
