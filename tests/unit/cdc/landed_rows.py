"""A reader of landing rows in RowBinary, written from ClickHouse's description of the format, not from the writer."""

from dataclasses import dataclass
from io import BytesIO
from struct import unpack


@dataclass(frozen=True)
class LandedRow:
    op: str
    lsn: int
    values: tuple[str | None, ...]
    epoch: int
    xid: int
    commit_us: int


def landed_rows(body: bytes, columns: int) -> list[LandedRow]:
    """Every row of a body, each with `columns` values after its head."""
    stream, rows = BytesIO(body), list[LandedRow]()
    while stream.tell() < len(body):
        op = _string(stream)
        lsn, epoch, xid, commit_us = unpack("<QIIq", stream.read(24))
        values = tuple(_nullable(stream) for _ in range(columns))
        rows.append(LandedRow(op, lsn, values, epoch, xid, commit_us))
    return rows


def nullable_strings(body: bytes, count: int) -> list[str | None]:
    """`count` values of type Nullable(String) that make up the whole body."""
    stream = BytesIO(body)
    values = [_nullable(stream) for _ in range(count)]
    assert stream.read() == b""
    return values


def _nullable(stream: BytesIO) -> str | None:
    flag = stream.read(1)
    assert flag in {b"\0", b"\1"}
    return None if flag == b"\1" else _string(stream)


def _string(stream: BytesIO) -> str:
    return stream.read(_leb128(stream)).decode()


def _leb128(stream: BytesIO) -> int:
    value, shift = 0, 0
    while True:
        byte = stream.read(1)[0]
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value
