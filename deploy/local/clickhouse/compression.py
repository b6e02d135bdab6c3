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

    def flush(self) -> bytes:
        """What remains, and the end."""


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


class Layers:
    """Encoders one around the other; where there are none, everything goes through as it is."""

    def __init__(self, encoders: Sequence[Encoder]) -> None:
        self._encoders = encoders

    def compress(self, data: bytes, /) -> bytes:
        """What can be sent already."""
        for encoder in self._encoders:
            data = encoder.compress(data)
        return data

    def flush(self) -> bytes:
        """What remains, and the end of each encoder."""
        rest = b""
        for encoder in self._encoders:
            rest = encoder.compress(rest) + encoder.flush()
        return rest


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


def answer_encoder(encoding: str | None, *, in_blocks: bool) -> Encoder:
    """Compresses an answer in ClickHouse's blocks, with the HTTP `encoding` around them, or with one of the two."""
    blocks: list[Encoder] = [BlockEncoder()] if in_blocks else []
    return Layers([*blocks, ENCODERS[encoding]()] if encoding else blocks)
