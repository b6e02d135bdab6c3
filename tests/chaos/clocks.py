"""Clocks set apart: libfaketime moves PostgreSQL's time, where Debian's package `libfaketime` is installed.

It is PostgreSQL's clock that commits are stamped with. ClickHouse's engine asks the kernel past the C library, so its
clock is the one that stays. Capture asks no clock that can be set (a test sees to it): it waits by the monotonic one.
"""

from collections.abc import Mapping
from pathlib import Path

# Not the one for threads: its lock would be taken again by a signal's handler, in which PostgreSQL asks for the time.
LIBRARY = "libfaketime.so.1"
_PLACES = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/local/lib/faketime", "/opt/homebrew/lib/faketime")
_SHARED_MEMORY = Path("/dev/shm")


def library() -> Path | None:
    """Where libfaketime is, None if it is not installed."""
    found = (file for place in _PLACES for file in Path("/").glob(f"{place.lstrip('/')}/{LIBRARY}"))
    return next(found, None)


def shifted(seconds: float) -> Mapping[str, str]:
    """The variables of a process whose clock is so much ahead; none if it is right, or cannot be set."""
    found = library()
    if found is None or not seconds:
        return {}
    # Waiting goes by the monotonic clock, which nobody can set.
    return {"LD_PRELOAD": str(found), "FAKETIME": f"{seconds:+g}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def forget(pid: int) -> None:
    """Remove what a killed process left behind of libfaketime."""
    for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
        (_SHARED_MEMORY / name).unlink(missing_ok=True)
