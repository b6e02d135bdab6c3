"""An encoder of pgoutput's messages (protocol version 1), as PostgreSQL's documentation lays them out."""

from collections.abc import Sequence
from enum import Enum
from struct import pack

SECONDS_TO_2000 = 946_684_800


class Unchanged(Enum):
    """A TOAST value that an update did not touch and that was not sent."""

    UNCHANGED = "u"


UNCHANGED = Unchanged.UNCHANGED
Value = str | None | Unchanged


def tuple_data(values: Sequence[Value]) -> bytes:
    return pack(">H", len(values)) + b"".join(map(_value, values))


def _value(value: Value) -> bytes:
    if value is None:
        return b"n"
    if isinstance(value, Unchanged):
        return b"u"
    encoded = value.encode()
    return b"t" + pack(">I", len(encoded)) + encoded


def begin(commit_lsn: int, commit_us: int, xid: int) -> bytes:
    return b"B" + pack(">QqI", commit_lsn, commit_us - SECONDS_TO_2000 * 1_000_000, xid)


def commit(commit_lsn: int, end_lsn: int) -> bytes:
    return b"C" + pack(">BQQq", 0, commit_lsn, end_lsn, 0)


def relation(number: int, name: str, columns: Sequence[str], *, schema: str = "public", identity: str = "f") -> bytes:
    described = b"".join(b"\0" + column.encode() + b"\0" + pack(">Ii", 25, -1) for column in columns)
    names = f"{schema}\0{name}\0".encode()
    return b"R" + pack(">I", number) + names + identity.encode() + pack(">H", len(columns)) + described


def insert(number: int, new: Sequence[Value]) -> bytes:
    return b"I" + pack(">I", number) + b"N" + tuple_data(new)


def update(number: int, new: Sequence[Value], old: Sequence[Value] | None = None) -> bytes:
    before = b"" if old is None else b"O" + tuple_data(old)
    return b"U" + pack(">I", number) + before + b"N" + tuple_data(new)


def delete(number: int, old: Sequence[Value], *, identity: bytes = b"O") -> bytes:
    return b"D" + pack(">I", number) + identity + tuple_data(old)


def truncate(*numbers: int) -> bytes:
    return b"T" + pack(">IB", len(numbers), 0) + b"".join(pack(">I", number) for number in numbers)


def message(lsn: int, prefix: str, content: bytes, *, transactional: bool = True) -> bytes:
    return b"M" + pack(">BQ", transactional, lsn) + prefix.encode() + b"\0" + pack(">I", len(content)) + content
