"""Versions: a total order of a key's changes, taken from the WAL, the same after any restart and from any source."""

LSN_SHIFT, EPOCH_SHIFT = 32, 96
LSN_MASK = (1 << 64) - 1
_POSITION_EPOCH_SHIFT = 64
COPIED_RANK, DELETION_RANK = 0, 1
TRUNCATE_RANK = (1 << LSN_SHIFT) - 1
# In capitals: of a change that came without a value.
_RANKS = {"r": COPIED_RANK, "d": DELETION_RANK, "D": DELETION_RANK}
_WRITTEN_RANK = 2


def version(epoch: int, lsn: int, rank: int) -> int:
    """`epoch << 96 | lsn << 32 | rank`; rank 0 for a snapshot row, 1 for a deletion, 2 for an insert or update."""
    return epoch << EPOCH_SHIFT | lsn << LSN_SHIFT | rank


def change_version(op: str, epoch: int, lsn: int) -> int:
    """The version of a change by what it did: `r` for a row of a snapshot, `d`, `c` or `u`."""
    return version(epoch, lsn, _RANKS.get(op, _WRITTEN_RANK))


def truncate_version(epoch: int, lsn: int) -> int:
    """The newest version that a TRUNCATE at `lsn` hides."""
    return version(epoch, lsn, TRUNCATE_RANK)


def position(epoch: int, lsn: int) -> int:
    """A place in a service's whole stream, over all its epochs: `epoch << 64 | lsn`."""
    return epoch << _POSITION_EPOCH_SHIFT | lsn


def place(position_in_stream: int) -> tuple[int, int]:
    """The epoch and the LSN of a position."""
    return position_in_stream >> _POSITION_EPOCH_SHIFT, position_in_stream & LSN_MASK
