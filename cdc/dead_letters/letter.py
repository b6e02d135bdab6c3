"""A dead letter: a change that ClickHouse refused, or that waits behind such a one of its key, with all it brought."""

import hashlib
from dataclasses import dataclass
from struct import Struct

from cdc.catalog.model import CapturedTable
from cdc.catalog.parked_sql import LetterState
from cdc.dead_letters.landed import Head, LandedRow, came_in, head_of, texts_of, texts_of_row
from cdc.rowbinary import nullable_string, string, strings

# The one column of a letter whose change could not be read: the change as it came, as JSON.
ENVELOPE = ("_envelope",)
BEHIND = "an earlier change of the same key waits"
_ID_BYTES = 8
_place = Struct("<IQIq").pack


# Of one letter the highest is kept: to park it again, as a replay does, changes nothing once something became of it.
REVISIONS = {LetterState.PARKED: 0, LetterState.DISCARDED: 1, LetterState.REDRIVEN: 2}
COLUMNS = (
    *("service", "table", "key", "version", "id", "op", "epoch", "lsn", "xid", "commit_time"),
    *("columns", "row", "refused", "reason", "state", "revision", "note"),
)


@dataclass(frozen=True)
class Letter:
    """One letter: `row` is the landing row as RowBinary, of these columns.

    refused: whether it was tried itself, and refused for the reason; note: why it was discarded.
    """

    service: str
    table: str
    key_texts: tuple[str, ...]
    columns: tuple[str, ...]
    row: bytes
    refused: bool
    reason: str
    state: LetterState = LetterState.PARKED
    note: str = ""

    @property
    def key(self) -> bytes:
        """The key as it stands in the row."""
        return key_of(self.key_texts)

    @property
    def change(self) -> tuple[bytes, int]:
        """What names the change: its key and its version."""
        return self.key, self.head.version

    @property
    def head(self) -> Head:
        """What the change was, when and where."""
        return head_of(self.row)

    @property
    def texts(self) -> dict[str, str | None]:
        """Each column's text."""
        return dict(zip(self.columns, texts_of_row(self.row), strict=True))

    @property
    def envelope(self) -> bytes:
        """The change as it came, of a letter that has ENVELOPE alone."""
        return came_in(self.row)

    @property
    def letter_id(self) -> str:
        """What people name the letter by: the same whenever the change is parked."""
        named = "\0".join((self.service, self.table, str(self.head.version), *self.key_texts))
        return hashlib.blake2b(named.encode(), digest_size=_ID_BYTES).hexdigest()

    @property
    def encoded(self) -> bytes:
        """The row of `cdc.dead_letters`, of COLUMNS, as RowBinary."""
        head = self.head
        names = string(self.service.encode()) + string(self.table.encode()) + strings(self.key_texts)
        version = head.version.to_bytes(16, "little")
        change = string(self.letter_id.encode()) + string(head.op.encode())
        place = _place(head.epoch, head.lsn, head.xid, head.commit_us)
        refusal = bytes([self.refused]) + string(self.reason.encode())
        state = string(self.state.encode()) + bytes([REVISIONS[self.state]]) + string(self.note.encode())
        return names + version + change + place + strings(self.columns) + string(self.row) + refusal + state


def letter_of(table: CapturedTable, row: LandedRow, reason: str | None) -> Letter:
    """A landed row as a letter that is parked: refused for a reason, or behind another one without."""
    return Letter(
        service=table.service,
        table=table.name,
        key_texts=key_texts(row.key),
        columns=ENVELOPE if row.unreadable else tuple(column.name for column in table.columns),
        row=row.body,
        refused=reason is not None,
        reason=reason or BEHIND,
    )


def key_texts(key: bytes) -> tuple[str, ...]:
    """A key's texts, of the key as it stands in a landed row."""
    return tuple(text or "" for text in texts_of(key))


def key_of(texts: tuple[str, ...]) -> bytes:
    """A key's texts as they stand in a landed row: a key is never NULL."""
    return b"".join(nullable_string(text.encode()) for text in texts)
