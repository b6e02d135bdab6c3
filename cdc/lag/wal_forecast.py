"""The forecast for WAL that a slot holds back: how fast it grows, what bounds it, and when the bound is reached."""

from dataclasses import dataclass
from enum import StrEnum

# In a shorter time the growth says more about the moment than about what will come.
_SHORTEST_SECONDS = 1.0


class Limit(StrEnum):
    """What ends the retention of WAL: PostgreSQL gives the slot up, or the disk that the WAL lies on is full."""

    SLOT = "slot is lost"
    DISK = "disk is full"


@dataclass(frozen=True)
class Room:
    """Bytes of WAL that can still be kept; None where nobody knows.

    until_lost: until PostgreSQL gives up the slot (`max_slot_wal_keep_size`); on_disk: free on the disk of the WAL.
    """

    until_lost: int | None
    on_disk: int | None

    @property
    def nearest(self) -> tuple[Limit, int] | None:
        """The limit that is reached first, and the bytes until then; None where neither is known."""
        known = {Limit.SLOT: self.until_lost, Limit.DISK: self.on_disk}
        left = [(limit, max(0, size)) for limit, size in known.items() if size is not None]
        return min(left, key=lambda limited: limited[1], default=None)


@dataclass(frozen=True)
class Forecast:
    """What becomes of a slot that nothing is taken from any more.

    bytes_per_second: how fast WAL grew since the newest stored commit; limit, bytes_left, seconds_left: what is reached
    first, and when at that rate. Each is None where it is not known, or where the copy is not behind.
    """

    bytes_per_second: float | None
    limit: Limit | None
    bytes_left: int | None
    seconds_left: float | None


def forecast(unconfirmed_bytes: int, behind_seconds: float | None, room: Room) -> Forecast:
    """The forecast from the WAL written since the newest stored commit, so many seconds ago; None before the first."""
    rate = None
    if behind_seconds is not None and behind_seconds >= _SHORTEST_SECONDS:
        rate = max(0, unconfirmed_bytes) / behind_seconds
    if room.nearest is None:
        return Forecast(rate, None, None, None)
    limit, left = room.nearest
    return Forecast(rate, limit, left, left / rate if rate else None)
