"""Compresses answers: in ClickHouse's blocks, and with the first known encoding of Accept-Encoding around them."""

import zlib
from collections.abc import Callable, Sequence
from typing import Protocol

import lz4.frame
import zstandard

from deploy.local.clickhouse.blocks import BlockEncoder

FASTEST = 1
_GZIP = 31


class Encoder(Protocol):
    """Compresses a stream of bytes."""

    def compress(self, data: bytes, /) -> bytes:
        """What can be sent already."""

    def push(self) -> bytes:
        """What remains, without an end: who reads it knows that something is missing."""

    def finish(self) -> bytes:
        """What remains, and the end."""


class _Lz4Encoder:
    """An lz4 frame, of which nothing is kept back; the library wants its header asked for."""

    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor(auto_flush=True)
        self._header: bytes = self._frame.begin()

    def compress(self, data: bytes, /) -> bytes:
        header, self._header = self._header, b""
        return header + bytes(self._frame.compress(data))

    def push(self) -> bytes:
        return b""

    def finish(self) -> bytes:
        return self._header + bytes(self._frame.flush())


class _Flushable(Protocol):
    """What the compressors of zlib and zstandard have in common."""

    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self, mode: int = ..., /) -> bytes: ...


class _FlushedEncoder:
    """A frame of zlib or zstandard; `push` is the mode in which the library flushes and goes on."""

    def __init__(self, frame: _Flushable, push: int) -> None:
        self._frame = frame
        self._push = push

    def compress(self, data: bytes, /) -> bytes:
        return self._frame.compress(data)

    def push(self) -> bytes:
        return self._frame.flush(self._push)

    def finish(self) -> bytes:
        return self._frame.flush()


class Layers:
    """Encoders one around the other; where there are none, everything goes through as it is."""

    def __init__(self, encoders: Sequence[Encoder]) -> None:
        self._encoders = encoders

    def compress(self, data: bytes, /) -> bytes:
        """What can be sent already."""
        for encoder in self._encoders:
            data = encoder.compress(data)
        return data

    def push(self) -> bytes:
        """What remains in any of them, without an end."""
        rest = b""
        for encoder in self._encoders:
            rest = encoder.compress(rest) + encoder.push()
        return rest

    def finish(self) -> bytes:
        """What remains, and the end of each."""
        rest = b""
        for encoder in self._encoders:
            rest = encoder.compress(rest) + encoder.finish()
        return rest


ENCODERS: dict[str, Callable[[], Encoder]] = {
    "lz4": _Lz4Encoder,
    "zstd": lambda: _FlushedEncoder(
        zstandard.ZstdCompressor(level=FASTEST).compressobj(), zstandard.COMPRESSOBJ_FLUSH_BLOCK
    ),
    "gzip": lambda: _FlushedEncoder(zlib.compressobj(FASTEST, wbits=_GZIP), zlib.Z_SYNC_FLUSH),
    "deflate": lambda: _FlushedEncoder(zlib.compressobj(FASTEST), zlib.Z_SYNC_FLUSH),
}


def accepted_encoding(accept_encoding: str) -> str | None:
    """The first known encoding of an Accept-Encoding header; None when there is none."""
    for offer in accept_encoding.split(","):
        name, _, quality = offer.strip().partition(";")
        if name.strip() in ENCODERS and quality.replace(" ", "") not in {"q=0", "q=0.0"}:
            return name.strip()
    return None


def answer_encoder(encoding: str | None, *, in_blocks: bool) -> Encoder:
    """Compresses an answer in ClickHouse's blocks, with the HTTP `encoding` around them, or with one of the two."""
    blocks: list[Encoder] = [BlockEncoder()] if in_blocks else []
    return Layers([*blocks, ENCODERS[encoding]()] if encoding else blocks)
