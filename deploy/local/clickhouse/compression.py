"""Compresses answers with the first of the client's Accept-Encoding that is known here."""

import zlib
from collections.abc import Callable
from typing import Protocol

import lz4.frame
import zstandard

FASTEST = 1
_GZIP = 31


class Encoder(Protocol):
    """Compresses a stream of bytes as one frame."""

    def compress(self, data: bytes, /) -> bytes:
        """What can be sent already."""

    def flush(self) -> bytes:
        """What remains, and the frame's end."""


class _Lz4Encoder:
    """An lz4 frame; the library wants its header asked for."""

    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor()
        self._header: bytes = self._frame.begin()

    def compress(self, data: bytes, /) -> bytes:
        header, self._header = self._header, b""
        return header + bytes(self._frame.compress(data))

    def flush(self) -> bytes:
        return self._header + bytes(self._frame.flush())


ENCODERS: dict[str, Callable[[], Encoder]] = {
    "lz4": _Lz4Encoder,
    "zstd": lambda: zstandard.ZstdCompressor(level=FASTEST).compressobj(),
    "gzip": lambda: zlib.compressobj(FASTEST, wbits=_GZIP),
    "deflate": lambda: zlib.compressobj(FASTEST),
}


def accepted_encoding(accept_encoding: str) -> str | None:
    """The first known encoding of an Accept-Encoding header; None when there is none."""
    for offer in accept_encoding.split(","):
        name, _, quality = offer.strip().partition(";")
        if name.strip() in ENCODERS and quality.replace(" ", "") not in {"q=0", "q=0.0"}:
            return name.strip()
    return None
