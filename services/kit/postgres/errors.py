"""What an error of the database means to the caller of a service; what it says in its own words stays inside."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError

from services.kit.errors import ConflictError, DomainError, ServiceUnavailableError, ValidationFailedError

log = structlog.get_logger(__name__)

_AWAY = "the database does not answer; try again later"
_UNIQUE_VIOLATION = "23505"
_FOREIGN_KEY_VIOLATION = "23503"
# By SQLSTATE, the longest prefix first: https://www.postgresql.org/docs/current/errcodes-appendix.html
_MEANINGS: tuple[tuple[str, type[DomainError], str], ...] = (
    (_UNIQUE_VIOLATION, ConflictError, "it exists already"),
    (_FOREIGN_KEY_VIOLATION, ConflictError, "it refers to something that isn't there, or is referred to"),
    ("55P03", ServiceUnavailableError, "others are changing it; try again"),
    ("25P0", ServiceUnavailableError, "it took too long; try again"),
    ("22", ValidationFailedError, "a value cannot be stored"),
    ("23", ValidationFailedError, "a value is not allowed"),
    ("40", ConflictError, "others changed it at the same time; try again"),
    *((prefix, ServiceUnavailableError, _AWAY) for prefix in ("08", "28", "3D", "53", "57", "58")),
)


@contextmanager
def database_errors() -> Iterator[None]:
    """Raise what a database error within means, from that error; one that means a defect here passes as it is."""
    try:
        yield
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        meaning = meaning_of(error)
        if meaning is None:
            raise
        raise meaning from error


def meaning_of(error: BaseException) -> DomainError | None:
    """The domain error that a database error means, None if it is none or can only be a defect of the service."""
    if isinstance(error, PoolTimeoutError):
        return ServiceUnavailableError("all connections to the database are busy; try again later")
    if isinstance(error, OSError | TimeoutError):
        return ServiceUnavailableError(_AWAY)
    if isinstance(error, StaleDataError):
        return ConflictError("it was changed meanwhile: read it again")
    return _meaning_of_driver_error(error) if isinstance(error, DBAPIError) else None


def broken_constraint(error: BaseException | None) -> str | None:
    """The name of the constraint that this error, or what caused it, is about: for logs and tests, not for callers."""
    while error is not None:
        name: str | None = getattr(error, "constraint_name", None)
        if name:
            return name
        error = error.__cause__
    return None


def _meaning_of_driver_error(error: DBAPIError) -> DomainError | None:
    state = getattr(error.orig, "sqlstate", None) or ""
    for prefix, meaning, message in _MEANINGS:
        if state.startswith(prefix):
            constraint = broken_constraint(error)
            if constraint is not None:
                log.info("constraint_broken", constraint=constraint)
            return meaning(message)
    lost = error.connection_invalidated or isinstance(error, InterfaceError)
    return ServiceUnavailableError(_AWAY) if lost else None
