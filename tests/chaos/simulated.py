"""A faithful capture, simulated: what ClickHouse must show of transactions that were committed one after another."""

from collections.abc import Sequence
from itertools import count

from tests.chaos.record import Outcome, Row, Seen, Transaction, Version, Write


class Simulated:
    """Captures committed transactions in their order, as a model that needs no database."""

    def __init__(self, transactions: Sequence[Transaction]) -> None:
        self._versions: list[Version] = []
        self._current: dict[Row, str] = {}
        self._truncates: set[tuple[int, str]] = set()
        self._positions = count(1)
        for transaction in transactions:
            if transaction.outcome is Outcome.COMMITTED:
                self._capture(transaction)

    def seen(self) -> Seen:
        """What is shown now."""
        return Seen(tuple(self._versions), tuple(self._current.items()), frozenset(self._truncates))

    def _capture(self, transaction: Transaction) -> None:
        for write in transaction.writes:
            self._versions.append(self._version(transaction, write))
            self._current.pop(write.row, None)
            if write.after is not None:
                self._current[write.row] = write.after
        for truncation in transaction.truncations:
            self._truncates.add((transaction.xid, truncation.table))
            for key in truncation.ended:
                self._current.pop(Row(truncation.table, key), None)

    def _version(self, transaction: Transaction, write: Write) -> Version:
        op = "c" if write.before is None else "d" if write.after is None else "u"
        return Version(
            write.row,
            next(self._positions) * 100,
            op,
            write.after or write.before or "",
            transaction.xid,
            commit_us=transaction.xid * 1_000_000,
            user_id=transaction.user_id or "",
            changes=transaction.changes,
        )
