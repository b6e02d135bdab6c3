"""The parts' log files: their last lines."""

from pathlib import Path

TAIL_BYTES = 64 * 1024


def tail(file: Path, lines: int = 20) -> str:
    """The last `lines` lines of `file`; empty when there is none."""
    if not file.exists():
        return ""
    with file.open("rb") as log:
        log.seek(max(0, file.stat().st_size - TAIL_BYTES))
        text = log.read().decode("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])
