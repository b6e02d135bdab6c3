"""Versions and what names a transaction, in ClickHouse's SQL: made from what a change brings, and taken apart again."""

from cdc.catalog.version import EPOCH_SHIFT, LSN_MASK, LSN_SHIFT, TRUNCATE_RANK

# Several changes of a key can share one LSN: a snapshot row yields to both, and a deletion to the row that follows it.
_RANK = "multiIf(_op = 'r', 0, _op = 'd', 1, 2)"


def version_of(landed: str) -> str:
    """The version of a landed change; `landed` is the name its row goes by."""
    epoch = f"bitShiftLeft(toUInt128({landed}._epoch), {EPOCH_SHIFT})"
    lsn = f"bitShiftLeft(toUInt128({landed}._lsn), {LSN_SHIFT})"
    return f"bitOr(bitOr({epoch}, {lsn}), toUInt128({_RANK}))"


def truncate_version_of(epoch: str, lsn: str) -> str:
    """The newest version that a TRUNCATE hides, of expressions for its epoch and its LSN."""
    shifted = f"bitOr(bitShiftLeft(toUInt128({epoch}), {EPOCH_SHIFT}), bitShiftLeft(toUInt128({lsn}), {LSN_SHIFT}))"
    return f"bitOr({shifted}, toUInt128({TRUNCATE_RANK}))"


def transaction_time(commit_time: str) -> str:
    """The time by which `cdc.transactions` names a transaction: Debezium tells its end in whole milliseconds."""
    return f"toStartOfMillisecond({commit_time})"


def epoch_of(version: str) -> str:
    """The epoch that a version is of."""
    return f"toUInt32(bitShiftRight({version}, {EPOCH_SHIFT}))"


def lsn_of(version: str) -> str:
    """The LSN that a version is of."""
    return f"toUInt64(bitAnd(bitShiftRight({version}, {LSN_SHIFT}), toUInt128({LSN_MASK})))"
