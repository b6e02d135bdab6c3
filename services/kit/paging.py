"""Pages over rows in the order (created_at, id): where one ends, the next begins, whatever was added in between."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, TypeAdapter

from services.kit.errors import ValidationFailedError

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200

T = TypeVar("T")
_PAIR: TypeAdapter[tuple[datetime, UUID]] = TypeAdapter(tuple[AwareDatetime, UUID])


@dataclass(frozen=True)
class Position:
    """The place of one row in the order."""

    created_at: datetime
    row_id: UUID

    def cursor(self) -> str:
        """The position as text that callers hand back without looking into it."""
        pair = _PAIR.dump_json((self.created_at, self.row_id))
        return base64.urlsafe_b64encode(pair).decode().rstrip("=")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items in order; `next_cursor` is None when they are the last."""

    items: tuple[T, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class PageRequest:
    """At most `limit` items after a position, or from the beginning."""

    limit: int = DEFAULT_LIMIT
    after: Position | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= LARGEST_LIMIT:
            raise ValidationFailedError(f"limit must lie between 1 and {LARGEST_LIMIT}, not {self.limit}")

    @classmethod
    def of(cls, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> "PageRequest":
        """What a caller's `limit` and `cursor` ask for; ValidationFailedError names the one that is wrong."""
        return cls(limit, None if cursor is None else parse_cursor(cursor))


def parse_cursor(cursor: str) -> Position:
    """The position that `Position.cursor` wrote; ValidationFailedError for anything else."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        created_at, row_id = _PAIR.validate_json(base64.b64decode(padded, altchars=b"-_", validate=True))
        return Position(created_at.astimezone(UTC), row_id)
    except (ValueError, OverflowError) as error:
        message = "cursor is not one that this service handed out: leave it out to start from the first page"
        raise ValidationFailedError(message, details={"parameter": "cursor"}) from error
