"""The parts' log files: bounded in size, read from their end, and followed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

TAIL_BYTES = 64 * 1024
LONGEST_BYTES = 16 * 1024 * 1024


def tail(file: Path, lines: int = 20) -> str:
    """The last `lines` lines of `file`; empty when there is none."""
    return Follower(file).before(lines)


def shorten(file: Path, longest: int = LONGEST_BYTES) -> None:
    """Move a log that grew past `longest` bytes to `<name>.1`, in place: its writer appends and goes on undisturbed.

    What is written between the copy and the cut is lost, which a log of a development stack can bear.
    """
    if file.exists() and file.stat().st_size > longest:
        shutil.copyfile(file, file.with_name(f"{file.name}.1"))
        with file.open("r+b") as log:
            log.truncate(0)


class Follower:
    """Reads what is added to a log, whole lines at a time; a log that was shortened is read from its start."""

    def __init__(self, file: Path, *, from_start: bool = False) -> None:
        self._file = file
        self._offset = 0 if from_start or not file.exists() else file.stat().st_size

    def before(self, lines: int) -> str:
        """The last `lines` lines up to where `new_lines` goes on."""
        if self._offset == 0:
            return ""
        start = max(0, self._offset - TAIL_BYTES)
        with self._file.open("rb") as log:
            log.seek(start)
            text = log.read(self._offset - start).decode("utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def new_lines(self) -> Iterator[str]:
        """The lines completed since the last call."""
        if not self._file.exists():
            return
        with self._file.open("rb") as log:
            if self._file.stat().st_size < self._offset:
                self._offset = 0
            log.seek(self._offset)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                yield line.decode("utf-8", errors="replace").rstrip("\r\n")
