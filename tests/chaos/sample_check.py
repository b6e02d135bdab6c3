"""The promises that hold at every instant: what a look at the slot and at ClickHouse must find. Pure."""

from collections.abc import Iterable, Iterator

from tests.chaos.record import Outcome, Sample, Transaction


def broken_promises(transactions: Iterable[Transaction], sample: Sample) -> Iterator[str]:
    """A sentence for each transaction that the slot has left behind too early, or that is shown torn."""
    for transaction in transactions:
        if transaction.outcome is Outcome.COMMITTED and transaction.changes:
            yield from _broken(transaction, sample)


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


def _broken(transaction: Transaction, sample: Sample) -> Iterator[str]:
    xid, held = transaction.xid, sample.held.get(transaction.xid, 0)
    missing = f"{held} of {transaction.changes} changes of transaction {xid}"
    if not _is_held(transaction, sample):
        if _is_behind(transaction, sample):
            yield f"the slot is at {sample.confirmed:X}, and ClickHouse holds {missing}"
        if xid in sample.whole:
            yield f"transaction {xid} counts as whole, and ClickHouse holds {missing}"
    if held and transaction.user_id is not None and xid not in sample.with_actor:
        yield f"changes of transaction {xid} are visible without their actor"
