"""ClickHouse's own block compression: the frames behind `compress=1` and `decompress=1`, which its Java clients use.

A block is a checksum (CityHash128 of all that follows, its high half first) and then a method, two sizes and the data.
"""

import struct
from collections.abc import Callable, Iterator

import lz4.block
import zstandard
from clickhouse_cityhash.cityhash import CityHash128

from deploy.local.clickhouse.errors import (
    CANNOT_DECOMPRESS,
    CHECKSUM_DOESNT_MATCH,
    TOO_LARGE_SIZE_COMPRESSED,
    UNKNOWN_COMPRESSION_METHOD,
    ClickHouseError,
)

NONE, LZ4, ZSTD = 0x02, 0x82, 0x90
# Answers come in blocks of at most as much as ClickHouse's own.
WRITTEN_BYTES = 1 << 20
# Clients send from 64 KB to a few MB at once. What a header claims beyond this is not believed, nor allocated.
MAX_BLOCK_BYTES = 64 << 20
_CHECKSUM = struct.Struct("<QQ")
_HEADER = struct.Struct("<BII")
_LOW_HALF = (1 << 64) - 1


def checksum(data: bytes | bytearray | memoryview) -> bytes:
    """The checksum of a block's header and data, as it stands before them."""
    hashed: int = CityHash128(data)
    return _CHECKSUM.pack(hashed >> 64, hashed & _LOW_HALF)


def encoded_block(data: bytes) -> bytes:
    """`data` as one block of LZ4."""
    compressed: bytes = lz4.block.compress(data, store_size=False)
    checked = _HEADER.pack(LZ4, _HEADER.size + len(compressed), len(data)) + compressed
    return checksum(checked) + checked


class BlockEncoder:
    """Compresses a stream of bytes as blocks."""

    def compress(self, data: bytes, /) -> bytes:
        """`data` as blocks; no data is no block."""
        starts = range(0, len(data), WRITTEN_BYTES)
        return b"".join(encoded_block(data[start : start + WRITTEN_BYTES]) for start in starts)

    def push(self) -> bytes:
        """Nothing: no block waits for more to come."""
        return b""

    def finish(self) -> bytes:
        """Nothing: blocks have no end beyond their own."""
        return b""


class BlockDecoder:
    """A body of any number of blocks, received in pieces of any size; it keeps no more than one block."""

    def __init__(self) -> None:
        self._received = bytearray()

    def decode(self, data: bytes) -> Iterator[bytes]:
        """The content of each block that `data` completes; ClickHouseError for anything that is no valid block."""
        self._received += data
        while (size := self._block_size()) is not None:
            block = bytes(self._received[:size])
            del self._received[:size]
            yield _content(block)

    def finish(self) -> None:
        """Declare the body's end; ClickHouseError 271 when a block is incomplete."""
        if self._received:
            message = f"The body ends within a compressed block: its last {len(self._received)} bytes are no whole one."
            raise ClickHouseError(CANNOT_DECOMPRESS, message)

    def _block_size(self) -> int | None:
        """The size of the first block, checksum included; None until all of it is there."""
        if len(self._received) < _CHECKSUM.size + _HEADER.size:
            return None
        method, compressed_size, size = _HEADER.unpack_from(self._received, _CHECKSUM.size)
        _refuse_header(method, compressed_size, size)
        whole: int = _CHECKSUM.size + compressed_size
        return whole if len(self._received) >= whole else None


def _refuse_header(method: int, compressed_size: int, size: int) -> None:
    """Raise ClickHouseError for a header that no valid block has, before anything of its size is kept."""
    if method not in _METHODS:
        known = ", ".join(f"0x{known:02x} ({name})" for known, (name, _) in _METHODS.items())
        message = f"Unknown method 0x{method:02x} of a compressed block; known are {known}. Is the body compressed?"
        raise ClickHouseError(UNKNOWN_COMPRESSION_METHOD, message)
    if compressed_size < _HEADER.size:
        raise ClickHouseError(
            CANNOT_DECOMPRESS,
            f"A compressed block claims {compressed_size} bytes, its header alone has {_HEADER.size}.",
        )
    if max(compressed_size, size) > MAX_BLOCK_BYTES:
        message = f"A compressed block claims {compressed_size} bytes that hold {size}: {MAX_BLOCK_BYTES} at most."
        raise ClickHouseError(TOO_LARGE_SIZE_COMPRESSED, message)


def _content(block: bytes) -> bytes:
    checked = memoryview(block)[_CHECKSUM.size :]
    if checksum(checked) != block[: _CHECKSUM.size]:
        raise ClickHouseError(
            CHECKSUM_DOESNT_MATCH, "The checksum of a compressed block doesn't match: it is corrupted."
        )
    method, _, size = _HEADER.unpack_from(checked)
    name, decompress = _METHODS[method]
    try:
        content = decompress(checked[_HEADER.size :], size)
    except (lz4.block.LZ4BlockError, zstandard.ZstdError) as error:
        raise ClickHouseError(CANNOT_DECOMPRESS, f"A compressed block is no valid {name}: {error}") from error
    if len(content) != size:
        message = f"A compressed block of {name} holds {len(content)} bytes, and says {size}."
        raise ClickHouseError(CANNOT_DECOMPRESS, message)
    return content


def _lz4_content(data: memoryview, size: int) -> bytes:
    return bytes(lz4.block.decompress(data, uncompressed_size=size))


def _zstd_content(data: memoryview, size: int) -> bytes:
    # A frame may state a size of its own, and zstandard believes it: it must not be more than the block's.
    stated = zstandard.get_frame_parameters(data).content_size
    if stated not in {size, zstandard.CONTENTSIZE_UNKNOWN}:
        raise zstandard.ZstdError(f"its frame states {stated} bytes")
    return zstandard.ZstdDecompressor().decompress(data, max_output_size=size)


_METHODS: dict[int, tuple[str, Callable[[memoryview, int], bytes]]] = {
    NONE: ("NONE", lambda data, _: bytes(data)),
    LZ4: ("LZ4", _lz4_content),
    ZSTD: ("ZSTD", _zstd_content),
}
