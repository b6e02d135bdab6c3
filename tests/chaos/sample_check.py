"""The promises that hold at every instant: what a look at a position and at ClickHouse must find. Pure."""

from collections.abc import Iterable, Iterator

from tests.chaos.record import Outcome, Sample, Transaction


def broken_promises(transactions: Iterable[Transaction], sample: Sample, *, in_order: bool) -> Iterator[str]:
    """A sentence for each transaction that the position has left behind too early, or that is shown torn.

    in_order: whether messages, rows and ends of transactions are stored one after the other; where they are not, a
    transaction must be whole and have its actor once the position is behind it, and not before.
    """
    for transaction in transactions:
        if transaction.outcome is Outcome.COMMITTED and transaction.changes:
            yield from _broken(transaction, sample)
            yield from _torn(transaction, sample) if in_order else _torn_behind(transaction, sample)


def is_settled(transaction: Transaction, sample: Sample) -> bool:
    """Whether no later sample can find anything of the transaction that this one has not.

    Whose writer lost its connection before it saw where the commit ended is settled once it is there as a whole.
    """
    if transaction.durable_by is None:
        has_actor = transaction.user_id is None or transaction.xid in sample.with_actor
        return not transaction.changes or (_is_held(transaction, sample) and has_actor)
    return _is_behind(transaction, sample)


def _is_behind(transaction: Transaction, sample: Sample) -> bool:
    return transaction.durable_by is not None and transaction.durable_by <= sample.confirmed


def _is_held(transaction: Transaction, sample: Sample) -> bool:
    return sample.held.get(transaction.xid, 0) >= transaction.changes


def _lacks_actor(transaction: Transaction, sample: Sample) -> bool:
    return transaction.user_id is not None and transaction.xid not in sample.with_actor


def _missing(transaction: Transaction, sample: Sample) -> str:
    held = sample.held.get(transaction.xid, 0)
    return f"ClickHouse holds {held} of {transaction.changes} changes of transaction {transaction.xid}"


def _broken(transaction: Transaction, sample: Sample) -> Iterator[str]:
    if _is_behind(transaction, sample) and not _is_held(transaction, sample):
        yield f"everything up to {sample.confirmed:X} is said to be stored, and {_missing(transaction, sample)}"


def _torn(transaction: Transaction, sample: Sample) -> Iterator[str]:
    xid = transaction.xid
    if xid in sample.whole and not _is_held(transaction, sample):
        yield f"transaction {xid} counts as whole, and {_missing(transaction, sample)}"
    if sample.held.get(xid, 0) and _lacks_actor(transaction, sample):
        yield f"changes of transaction {xid} are visible without their actor"


def _torn_behind(transaction: Transaction, sample: Sample) -> Iterator[str]:
    if not _is_behind(transaction, sample):
        return
    stored = f"everything up to {sample.confirmed:X} is said to be stored"
    if transaction.xid not in sample.whole:
        yield f"{stored}, and transaction {transaction.xid} does not count as whole"
    if _lacks_actor(transaction, sample):
        yield f"{stored}, and transaction {transaction.xid} has no actor"
