"""Landed rows taken apart again: the rows of a body, a row's key and its texts, whichever format they were sent in."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import NamedTuple

from cdc.batch import Rows
from cdc.catalog.version import change_version
from cdc.rowbinary import SHORT, nullable_string, row_head

_head = Struct("<xcQIIq")
_HEAD_COLUMNS = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
# What COPY's text format escapes; behind any other letter it means the letter itself.
_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class LandedRow(NamedTuple):
    """One row of a landing table as RowBinary, and the part of it that is its key.

    unreadable: why what came of a change could not be made a landing row; the body then has that, behind the head.
    """

    body: bytes
    key: bytes
    unreadable: str | None = None

    @property
    def change(self) -> tuple[bytes, int]:
        """What names the change: its key and its version."""
        return self.key, head_of(self.body).version


class Head(NamedTuple):
    """What a landed row says of its change before its columns; time in µs since 1970."""

    op: str
    lsn: int
    epoch: int
    xid: int
    commit_us: int

    @property
    def commit_time(self) -> datetime:
        """When its transaction was committed, or the copy that it is of was begun."""
        return _EPOCH + timedelta(microseconds=self.commit_us)

    @property
    def version(self) -> int:
        """The version that ClickHouse gives the row."""
        return change_version(self.op, self.epoch, self.lsn)


def landed_rows(rows: Rows, columns: int, key_width: int) -> Iterator[LandedRow]:
    """Each row of a body, in order; `columns` are the captured ones, of which the first `key_width` are the key."""
    body = rows.body if rows.form == "RowBinary" else b"".join(map(_from_copy, _lines(rows.body)))
    end, size = 0, len(body)
    while end < size:
        start = end
        key_end = _behind_values(body, start + _head.size, key_width)
        end = _behind_values(body, key_end, columns - key_width)
        yield LandedRow(body[start:end], body[start + _head.size : key_end])


def head_of(row: bytes) -> Head:
    """What a row says of its change."""
    op, *rest = _head.unpack_from(row)
    return Head(op.decode(), *rest)


def texts_of(values: bytes) -> tuple[str | None, ...]:
    """The texts of columns one after another, None for NULL."""
    texts, position = list[str | None](), 0
    while position < len(values):
        end = _behind_values(values, position, 1)
        text = None if values[position] else values[_text_start(values, position + 1) : end]
        # Only what could not be read at all may be no text.
        texts.append(text if text is None else text.decode(errors="backslashreplace"))
        position = end
    return tuple(texts)


def texts_of_row(row: bytes) -> tuple[str | None, ...]:
    """The texts of a row's captured columns."""
    return texts_of(row[_head.size :])


def unreadable_row(head: Head, key: bytes, came: bytes, reason: str) -> LandedRow:
    """What came of a change and could not be made a landing row, kept as it came."""
    start = row_head(head.op.encode(), head.lsn, head.epoch, head.xid, head.commit_us)
    return LandedRow(start + nullable_string(came), key, reason)


def came_in(row: bytes) -> bytes:
    """What came, in the body of an unreadable row."""
    return row[_text_start(row, _head.size + 1) :]


def _behind_values(body: bytes, position: int, count: int) -> int:
    for _ in range(count):
        if body[position]:
            position += 1
        elif (length := body[position + 1]) < SHORT:
            position += 2 + length
        else:
            position = _text_start(body, position + 1) + _length(body, position + 1)
    return position


def _text_start(body: bytes, position: int) -> int:
    while body[position] >= SHORT:
        position += 1
    return position + 1


def _length(body: bytes, position: int) -> int:
    length, shift = 0, 0
    while body[position] >= SHORT:
        length |= (body[position] & 127) << shift
        position, shift = position + 1, shift + 7
    return length | body[position] << shift


def _lines(body: bytes) -> list[bytes]:
    # COPY escapes the ends of lines within values.
    return body.removesuffix(b"\n").split(b"\n") if body else []


def _from_copy(line: bytes) -> bytes:
    fields = line.split(b"\t")
    lsn, epoch, xid, commit_us = map(int, fields[1:_HEAD_COLUMNS])
    values = (nullable_string(None if field == b"\\N" else _unescaped(field)) for field in fields[_HEAD_COLUMNS:])
    return row_head(fields[0], lsn, epoch, xid, commit_us) + b"".join(values)


def _unescaped(field: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), field) if b"\\" in field else field
