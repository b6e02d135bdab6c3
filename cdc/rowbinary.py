"""RowBinary, as far as capture writes it: ClickHouse's row format that needs no escaping."""

from collections.abc import Sequence
from struct import Struct

NULL, NOT_NULL = b"\x01", b"\x00"
SHORT = 128  # a string below this many bytes has its length in one byte
_row_head = Struct("<2sQIIq").pack


def row_head(op: bytes, lsn: int, epoch: int, xid: int, commit_us: int) -> bytes:
    """The landing table's first columns; `op` is one letter, time in µs since 1970."""
    return _row_head(b"\x01" + op, lsn, epoch, xid, commit_us)


def string(value: bytes) -> bytes:
    """A String: the length in LEB128, then the bytes."""
    return _leb128(len(value)) + value


def strings(values: Sequence[str]) -> bytes:
    """An Array(String): how many, then each."""
    return _leb128(len(values)) + b"".join(string(value.encode()) for value in values)


def nullable_string(value: bytes | None) -> bytes:
    """A Nullable(String)."""
    return NULL if value is None else NOT_NULL + string(value)


def _leb128(number: int) -> bytes:
    encoded = bytearray()
    while number >= SHORT:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
