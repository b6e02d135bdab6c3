"""Sifting: which rows of an insert that was refused ClickHouse takes, found by bisection, in order."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from cdc.dead_letters.limits import LimitReachedError


class Keyed(Protocol):
    """A row that has a key, and whose later changes of that key must not overtake it."""

    @property
    def key(self) -> bytes:
        """The key, equal only for the same one."""

    @property
    def change(self) -> Hashable:
        """What tells this change from any other, and is the same when it comes again."""


R = TypeVar("R", bound=Keyed)


@dataclass(frozen=True)
class Sifted(Generic[R]):
    """Every row that was given, once: stored, refused with the reason, or left behind a refused one of its key."""

    stored: list[R] = field(default_factory=list)
    refused: list[tuple[R, str]] = field(default_factory=list)
    behind: list[R] = field(default_factory=list)


class Streak:
    """Different changes of one table that were refused without a stored one between; `limit` of them are too many."""

    def __init__(self, table: str, limit: int, refused: Iterable[Hashable] = ()) -> None:
        self._table, self._limit, self._refused = table, limit, set(refused)

    def __len__(self) -> int:
        return len(self._refused)

    def end(self) -> None:
        """A change was stored."""
        self._refused.clear()

    def go_on(self, change: Hashable, reason: str) -> None:
        """A change was refused, maybe not for the first time; LimitReachedError if that makes too many."""
        self._refused.add(change)
        if len(self._refused) >= self._limit:
            raise LimitReachedError(
                f"{self._table}: ClickHouse refused {len(self._refused)} changes with none stored between, so it is"
                f" hardly the changes; the last because: {reason}; once that is mended, it goes on by itself"
            )


def sift(rows: Sequence[R], attempt: Callable[[Sequence[R]], str | None], streak: Streak | None = None) -> Sifted[R]:
    """Store as many rows as ClickHouse takes; `attempt` stores some at once, or says why none of them was.

    The rows of a key stay in order: once one is refused, later ones are not tried. A refused row costs about twice the
    logarithm of the rows in attempts. LimitReachedError comes before the caller could have parked any of them.
    """
    found, blocked, parts = Sifted[R](), set[bytes](), [rows]
    while parts:
        part = parts.pop()
        found.behind.extend(row for row in part if row.key in blocked)
        offered = [row for row in part if row.key not in blocked]
        reason = attempt(offered) if offered else None
        if reason is None:
            found.stored.extend(offered)
            if offered and streak is not None:
                streak.end()
        elif len(offered) == 1:
            if streak is not None:
                streak.go_on(offered[0].change, reason)
            found.refused.append((offered[0], reason))
            blocked.add(offered[0].key)
        else:
            middle = len(offered) // 2
            parts += [offered[middle:], offered[:middle]]
    return found
