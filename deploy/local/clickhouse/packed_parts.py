"""Parts of one file that were cut short: set aside before the engine opens its directory and takes them for whole.

At its start the engine leaves out a part whose files have not the sizes that its checksums name, and takes up the parts
that it had replaced. A packed part (one file: a table of contents, then the contents) is not looked at in that way.
"""

import logging
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

FILE = "data.packed"
# Where the engine itself puts parts that it finds broken at its start, and how it calls them.
SET_ASIDE, BROKEN = "detached", "broken-on-start"
_LOG = logging.getLogger(__name__)
_count = struct.Struct("<Q")
_place = struct.Struct("<QQ")  # offset, size
_SHIFT, _MORE = 7, 0x80


class CutShortError(ValueError):
    """The file ends before its table of contents does."""


def set_aside_cut_short(engine: Path) -> list[Path]:
    """Set aside every packed part below an engine's directory that was cut short; where they are now."""
    return [_set_aside(part) for part in list(_packed_parts(engine)) if is_cut_short(part / FILE)]


def is_cut_short(file: Path) -> bool:
    """Whether a packed part's file ends before its contents do."""
    with file.open("rb") as opened:
        try:
            return file.stat().st_size < whole_size(opened)
        except CutShortError:
            return True


def whole_size(opened: BinaryIO) -> int:
    """The bytes that a packed file must have by its table of contents: version, count; name, offset, size of each."""
    version, count = _read(opened, 1), _count.unpack(_read(opened, _count.size))[0]
    if version != b"\0":
        # Another engine's: it knows better.
        return 0
    ends = [0]
    for _ in range(count):
        _read(opened, _length(opened))
        ends.append(sum(_place.unpack(_read(opened, _place.size))))
    return max(opened.tell(), *ends)


def _length(opened: BinaryIO) -> int:
    length = shift = 0
    while True:
        byte = _read(opened, 1)[0]
        length |= (byte & ~_MORE) << shift
        if not byte & _MORE:
            return length
        shift += _SHIFT


def _read(opened: BinaryIO, count: int) -> bytes:
    found = opened.read(count)
    if len(found) < count:
        raise CutShortError
    return found


def _packed_parts(engine: Path) -> Iterator[Path]:
    for file in engine.glob(f"store/*/*/*/{FILE}"):
        if file.parent.parent.name != SET_ASIDE and not file.parent.name.startswith("tmp_"):
            yield file.parent


def _set_aside(part: Path) -> Path:
    shelf = part.parent / SET_ASIDE
    shelf.mkdir(exist_ok=True)
    kept = shelf / f"{BROKEN}_{part.name}"
    number = 0
    while kept.exists():
        number += 1
        kept = shelf / f"{BROKEN}_{part.name}_try{number}"
    part.rename(kept)
    _LOG.warning("%s was cut short, and is set aside as %s", part, kept)
    return kept
