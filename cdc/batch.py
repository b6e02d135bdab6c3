"""A batch: what was read since the last one, in the forms in which ClickHouse takes it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from cdc.catalog.model import CapturedTable


class Transaction(NamedTuple):
    """What a change says of its transaction; with the service and the epoch it names it. Time in µs since 1970."""

    xid: int
    commit_us: int
    commit_lsn: int


class Commit(NamedTuple):
    """A transaction that was read whole: where it ends, and how many changes of captured tables it made."""

    transaction: Transaction
    end_lsn: int
    changes: int


class Message(NamedTuple):
    """A logical message; one that is not transactional has an xid of 0 and no commit time."""

    transaction: Transaction
    lsn: int
    prefix: str
    content: bytes


class Truncate(NamedTuple):
    """A table was emptied: nothing at or below this LSN is visible any more."""

    transaction: Transaction
    lsn: int
    table: CapturedTable


class CopyWanted(NamedTuple):
    """A table, by its name, must be copied anew as of this LSN or later: the stream cannot say what happened there."""

    lsn: int
    table: str
    reason: str


@dataclass(frozen=True)
class Rows:
    """Encoded rows of one table: how many, their bytes, and the ClickHouse format they are in."""

    count: int
    body: bytes
    form: str = "RowBinary"


@dataclass
class Batch:
    """Rows by table (each a RowBinary row of its landing table), and what else was read, in stream order."""

    rows: dict[CapturedTable, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    messages: list[Message] = field(default_factory=list)
    truncates: list[Truncate] = field(default_factory=list)
    copies_wanted: list[CopyWanted] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)
    row_count: int = 0

    def __bool__(self) -> bool:
        return bool(self.row_count or self.commits or self.messages or self.truncates or self.copies_wanted)

    def tables(self) -> Iterator[tuple[CapturedTable, Rows]]:
        """Each table that has rows, with what an insert of them takes."""
        for table, rows in self.rows.items():
            if rows:
                yield table, Rows(len(rows), b"".join(rows))

    @property
    def end_lsn(self) -> int | None:
        """The end of the last whole transaction: once stored, the slot may move here. None if none ended."""
        return self.commits[-1].end_lsn if self.commits else None
