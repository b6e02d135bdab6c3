"""What was written and what was seen of it: the two sides that the history checker compares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a transaction; unknown if the connection was lost after COMMIT was sent."""

    COMMITTED = "committed"
    ROLLED_BACK = "rolled back"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Row:
    """Names a row: its table (`file.files`) and the text of its key."""

    table: str
    key: str


@dataclass(frozen=True)
class Write:
    """One change of a row. A token is a value that no other write has; None: there was no row before, or after."""

    row: Row
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Truncation:
    """A table was emptied while these rows were in it, each with the token it had."""

    table: str
    ended: Mapping[str, str]


@dataclass(frozen=True)
class Transaction:
    """One transaction as its writer knows it; times are monotonic seconds, `ended` is infinite if nobody saw the end.

    name: what it left in the witnesses' table. A number says nothing of a transaction that a crash undid: PostgreSQL
    gives it to another one.
    durable_by: a WAL position that its commit is certainly not behind; None while that is not known.
    before_capture: it was over before anything was captured, so that only copied rows tell of it.
    """

    xid: int
    outcome: Outcome
    writes: tuple[Write, ...] = ()
    truncations: tuple[Truncation, ...] = ()
    user_id: str | None = None
    began: float = 0.0
    ended: float = float("inf")
    durable_by: int | None = None
    before_capture: bool = False
    name: str = ""

    @property
    def changes(self) -> int:
        """How many changes capture must count of it."""
        return len(self.writes) + len(self.truncations)


@dataclass(frozen=True)
class Version:
    """A row of a history view; `changes` is what ClickHouse says its transaction made, None if it does not say."""

    row: Row
    version: int
    op: str
    token: str
    xid: int
    commit_us: int = 0
    user_id: str = ""
    changes: int | None = None


@dataclass(frozen=True)
class Seen:
    """All that ClickHouse shows: every version, the current rows as they came, and the truncates by xid and table.

    emptied: each truncate once more, as its table, its commit time in µs and the newest version that it hides.
    """

    versions: tuple[Version, ...] = ()
    current: tuple[tuple[Row, str], ...] = ()
    truncates: frozenset[tuple[int, str]] = frozenset()
    emptied: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True)
class Sample:
    """A look while it runs, taken in this order: up to which position everything is said to be stored, then which
    transactions count as whole, then how many changes of each are there, then which have an actor; by xid."""

    confirmed: int
    whole: frozenset[int] = frozenset()
    held: Mapping[int, int] = field(default_factory=dict)
    with_actor: frozenset[int] = frozenset()
