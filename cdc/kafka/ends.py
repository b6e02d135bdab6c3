"""ENDs of transactions in a service's transaction topic: how far its stream has been written into Kafka."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cdc.catalog.version import position

_END = b'"END"'
_1970 = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, order=True)
class End:
    """The end of a transaction: its epoch, the LSN of its commit, and its time."""

    epoch: int
    commit_lsn: int
    commit_time: datetime

    @property
    def commit_us(self) -> int:
        """Its time in µs since 1970."""
        return (self.commit_time - _1970) // timedelta(microseconds=1)

    @property
    def position(self) -> int:
        """Its place in the service's whole stream."""
        return position(self.epoch, self.commit_lsn)


def newest_end(values: Sequence[bytes]) -> End | None:
    """The newest END among values of a transaction topic; ValueError for what is none of Debezium's.

    Values that come again, from before, may be the last ones: so all are looked at, but only ENDs are parsed.
    """
    return max((_end(value) for value in values if _END in value), default=None)


def _end(value: bytes) -> End:
    said = json.loads(value)
    xid, _, commit_lsn = str(said["id"]).partition(":")
    if not (xid and commit_lsn):
        raise ValueError(f"the end of a transaction names no commit: {said['id']!r}")
    return End(int(said["epoch"]), int(commit_lsn), _1970 + timedelta(milliseconds=int(said["ts_ms"])))
