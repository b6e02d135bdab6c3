"""The correlation id of what is being done: one per action of a user, carried through every service it touches."""

from contextvars import ContextVar
from uuid import UUID, uuid4

from services.kit.errors import ValidationFailedError

CORRELATION_HEADER = "X-Correlation-ID"

_current: ContextVar[UUID | None] = ContextVar("correlation_id", default=None)


def correlation_id() -> UUID | None:
    """The id of the current action, None outside of one."""
    return _current.get()


def begin_action(given: UUID | None = None) -> UUID:
    """Make the given id, or a new one, that of the current task and all it starts."""
    chosen = given or uuid4()
    _current.set(chosen)
    return chosen


def parse_correlation_id(header: str | None) -> UUID | None:
    """The id in a request's header, None if there is none; ValidationFailedError if it isn't a UUID."""
    if not header:
        return None
    try:
        return UUID(header)
    except ValueError as error:
        raise ValidationFailedError(f"header {CORRELATION_HEADER} must be a UUID") from error
