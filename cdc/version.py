"""Versions: a total order of a key's changes, taken from the WAL, the same after any restart and from any source."""

_LSN_SHIFT, _EPOCH_SHIFT = 32, 96
_TRUNCATE_RANK = (1 << _LSN_SHIFT) - 1


def version(epoch: int, lsn: int, rank: int) -> int:
    """`epoch << 96 | lsn << 32 | rank`; rank 0 for a snapshot row, 1 for a deletion, 2 for an insert or update."""
    return epoch << _EPOCH_SHIFT | lsn << _LSN_SHIFT | rank


def truncate_version(epoch: int, lsn: int) -> int:
    """The newest version that a TRUNCATE at `lsn` hides."""
    return version(epoch, lsn, _TRUNCATE_RANK)


def position(epoch: int, lsn: int) -> int:
    """A place in a service's whole stream, over all its epochs: `epoch << 64 | lsn`."""
    return epoch << 64 | lsn
