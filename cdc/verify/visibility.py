"""Which changes a PostgreSQL snapshot sees, as ClickHouse can tell it from a change's xid, time and epoch."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_XID_MASK = 0xFFFFFFFF
# Beyond this a change was committed before the snapshot for certain, and its xid may have wrapped round since.
_LONG_AGO = timedelta(days=1)
# A commit's time is taken a little before others see it; after this long it was seen, or was never made.
_SETTLED = timedelta(minutes=1)


@dataclass(frozen=True)
class SeenBy:
    """A snapshot: xids from `next_xid` on and those in progress are not seen; all positions up to `lsn` may hold it."""

    epoch: int
    lsn: int
    next_xid: int
    in_progress: tuple[int, ...]
    taken_at: datetime

    @classmethod
    def parse(cls, epoch: int, lsn: int, snapshot: str, taken_at: datetime) -> "SeenBy":
        """Read `pg_current_snapshot()`: `xmin:xmax:xid,xid,…`."""
        _, xmax, in_progress = snapshot.split(":")
        running = tuple(int(xid) & _XID_MASK for xid in in_progress.split(",") if xid)
        return cls(epoch, lsn, int(xmax) & _XID_MASK, running, taken_at)

    def parameters(self) -> dict[str, object]:
        """The values that the comparison queries bind."""
        return {
            "epoch": self.epoch,
            "next_xid": self.next_xid,
            "in_progress": list(self.in_progress),
            "long_ago": self.taken_at - _LONG_AGO,
            "settled": self.taken_at - _SETTLED,
        }
