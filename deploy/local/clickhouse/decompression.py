"""Undoes the compression of a request body, piece by piece and in bounded memory."""

import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol

import lz4.frame
import zstandard

from deploy.local.clickhouse.blocks import BlockDecoder
from deploy.local.clickhouse.errors import CANNOT_DECOMPRESS, NOT_IMPLEMENTED, TOO_MANY_BYTES, ClickHouseError

MAX_BODY_BYTES = 4 << 30
KIB = 1024
_GZIP_OR_ZLIB = 47


class Frame(Protocol):
    """A decompressor of one frame."""

    @property
    def eof(self) -> bool:
        """Whether the frame has come to its end."""

    @property
    def unused_data(self) -> bytes:
        """What came behind the frame's end."""

    def decompress(self, data: bytes, /) -> bytes:
        """What can be decompressed so far."""


# Bytes fed at once, by what a frame can at most grow to: none yields more than some 30 MB from one slice.
CODECS: dict[str, tuple[Callable[[], Frame], int]] = {
    "lz4": (lz4.frame.LZ4FrameDecompressor, 64 * KIB),
    "gzip": (lambda: zlib.decompressobj(_GZIP_OR_ZLIB), 16 * KIB),
    "deflate": (lambda: zlib.decompressobj(_GZIP_OR_ZLIB), 16 * KIB),
    "zstd": (lambda: zstandard.ZstdDecompressor().decompressobj(), KIB),
}
_FAILURES = (RuntimeError, EOFError, zlib.error, zstandard.ZstdError)


class FrameDecoder:
    """A body of any number of compressed frames, one after the other: clickhouse-connect sends one per block."""

    def __init__(self, encoding: str) -> None:
        if encoding not in CODECS:
            known = ", ".join(CODECS)
            raise ClickHouseError(NOT_IMPLEMENTED, f"Unknown Content-Encoding {encoding!r}; known are {known}.")
        self._encoding = encoding
        self._new_frame, self._slice = CODECS[encoding]
        self._frame: Frame | None = None

    def decode(self, data: bytes) -> Iterator[bytes]:
        """The decompressed pieces that `data` completes; ClickHouseError 271 for anything that is no such frame."""
        for start in range(0, len(data), self._slice):
            rest = data[start : start + self._slice]
            while rest:
                piece, rest = self._step(rest)
                if piece:
                    yield piece

    def finish(self) -> None:
        """Declare the body's end; ClickHouseError 271 when a frame is still open."""
        if self._frame is not None:
            raise ClickHouseError(CANNOT_DECOMPRESS, f"The body ends within a frame of {self._encoding}.")

    def _step(self, data: bytes) -> tuple[bytes, bytes]:
        frame = self._frame or self._new_frame()
        try:
            piece = frame.decompress(data)
        except _FAILURES as error:
            message = f"The body is no valid {self._encoding}, which Content-Encoding says it is: {error}"
            raise ClickHouseError(CANNOT_DECOMPRESS, message) from error
        self._frame = None if frame.eof else frame
        return piece, (frame.unused_data or b"") if frame.eof else b""


class Decoder(Protocol):
    """Undoes one kind of compression."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """The pieces that `data` completes."""

    def finish(self) -> None:
        """Declare the body's end."""


async def decompressed(chunks: AsyncIterator[bytes], encoding: str, *, in_blocks: bool) -> AsyncIterator[bytes]:
    """The body behind `chunks`, its Content-Encoding undone and, `in_blocks`, ClickHouse's own compression within.

    ClickHouseError when it is broken, or holds more than MAX_BODY_BYTES.
    """
    if encoding not in {"", "identity"}:
        chunks = _decoded(chunks, FrameDecoder(encoding))
    if in_blocks:
        chunks = _decoded(chunks, BlockDecoder())
    size = 0
    async for piece in chunks:
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise ClickHouseError(TOO_MANY_BYTES, f"The body holds more than {MAX_BODY_BYTES} bytes: split it.")
        yield piece


async def _decoded(chunks: AsyncIterator[bytes], decoder: Decoder) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        for piece in decoder.decode(chunk):
            yield piece
    decoder.finish()
