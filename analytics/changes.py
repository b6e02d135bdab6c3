"""What each version of a row changed, found by laying it beside the version before; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

Image = Mapping[str, str | None]
NO_ROW: Image = {}
_KINDS = {"c": "created", "u": "updated", "d": "deleted", "r": "snapshot", "t": "truncated"}
_ENDS = frozenset("dt")


@dataclass(frozen=True)
class Actor:
    """Who made a change, in which request and why, as far as the service said so."""

    user_id: str | None
    correlation_id: str | None
    route: str | None
    reason: str | None


@dataclass(frozen=True)
class Version:
    """One version of one key; `op` is c, u, d, r (copied by a snapshot) or t (its whole table was emptied).

    image: the columns' texts as PostgreSQL writes them; a deletion's is the row's last one.
    """

    table: str
    key: tuple[str, ...]
    number: int
    op: str
    commit_time: datetime
    actor: Actor
    image: Image


@dataclass(frozen=True)
class ColumnChange:
    """One column's value before and after; None is NULL, and also the value of a column of no row."""

    column: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Change:
    """One version and what it changed; `is_first` where there was no row before it."""

    version: Version
    is_first: bool
    columns: tuple[ColumnChange, ...]

    @property
    def kind(self) -> str:
        """The change in a word: created, updated, deleted, snapshot or truncated."""
        return _KINDS[self.version.op]

    @property
    def has_ended(self) -> bool:
        """Whether there was no row after it."""
        return self.version.op in _ENDS


def changes(versions: Iterable[Version]) -> Iterator[Change]:
    """The changes of one key, given its versions in order.

    Left out is what changed nothing and was nobody's doing: a snapshot's copy of the row that was already there, and
    the emptying of a table that had the row no more.
    """
    before = NO_ROW
    for version in versions:
        # A deletion whose row was never seen still says what the row was.
        old = version.image if version.op == "d" and not before else before
        after = NO_ROW if version.op in _ENDS else version.image
        columns = differences(old, after)
        if columns or version.op not in "rt":
            yield Change(version, before is NO_ROW, columns)
        before = after


def differences(before: Image, after: Image) -> tuple[ColumnChange, ...]:
    """The columns whose values differ between two images, in the images' order."""
    names = dict.fromkeys([*before, *after])
    pairs = ((name, before.get(name), after.get(name)) for name in names)
    return tuple(ColumnChange(name, old, new) for name, old, new in pairs if old != new)
