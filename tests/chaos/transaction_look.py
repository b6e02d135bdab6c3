"""A look at the newest transactions: whether those are there that are said to be, each as a whole, with its actor."""

from collections.abc import Callable, Sequence

from clickhouse_connect.driver import Client

from cdc.clickhouse import client
from tests.chaos.ledger import Ledger
from tests.chaos.observed import sample
from tests.chaos.record import Outcome, Transaction
from tests.chaos.sample_check import broken_promises, is_settled

_AT_ONCE = 500

# Up to where everything is said to be stored.
Position = Callable[[Client], int]


class TransactionLook:
    """Looks at each transaction of the ledger until nothing more can come of it.

    in_order: whether messages, rows and ends of transactions are stored one after the other.
    """

    def __init__(self, position: Position, clickhouse_url: str, ledger: Ledger, *, in_order: bool) -> None:
        self._position, self._clickhouse, self._ledger = position, clickhouse_url, ledger
        self._in_order = in_order
        self._place = 0
        self._pending: list[Transaction] = []

    def __call__(self) -> Sequence[str] | None:
        new = self._ledger.since(self._place)
        self._place += len(new)
        self._pending += [each for each in new if each.outcome is Outcome.COMMITTED and not each.before_capture]
        looked_at = self._pending[:_AT_ONCE]
        if not looked_at:
            return None
        # A short life for each connection: the parts come and go.
        with client(self._clickhouse) as opened:
            seen = sample(self._position(opened), opened, [each.xid for each in looked_at])
        self._pending = [each for each in self._pending if each not in looked_at or not is_settled(each, seen)]
        return list(broken_promises(looked_at, seen, in_order=self._in_order))
