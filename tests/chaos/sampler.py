"""The sampler: looks at slots and ClickHouse again and again while the load goes on, and keeps what it finds broken."""

import threading

from cdc.clickhouse import client
from tests.chaos.ledger import Ledger
from tests.chaos.observed import sample
from tests.chaos.record import Outcome, Transaction
from tests.chaos.sample_check import broken_promises, is_settled
from tests.chaos.verdict import AWAY

_EVERY_SECONDS = 0.4
_AT_ONCE = 500


class Sampler:
    """found: broken promises, a sentence each; samples: how many looks succeeded."""

    def __init__(self, superuser_dsn: str, clickhouse_url: str, ledger: Ledger) -> None:
        self.found: list[str] = []
        self.samples = 0
        self._postgres, self._clickhouse, self._ledger = superuser_dsn, clickhouse_url, ledger
        self._place = 0
        self._pending: list[Transaction] = []
        self._one_at_a_time = threading.Lock()

    def run(self, stopping: threading.Event) -> None:
        """Look until it is told to stop."""
        while not stopping.wait(_EVERY_SECONDS):
            self.look()

    def look(self) -> None:
        """Look once, if there is anything to be seen."""
        with self._one_at_a_time:
            new = self._ledger.since(self._place)
            self._place += len(new)
            self._pending += [each for each in new if each.outcome is Outcome.COMMITTED and not each.before_capture]
            looked_at = self._pending[:_AT_ONCE]
            if not looked_at:
                return
            try:
                # A short life for each connection: the parts come and go.
                with client(self._clickhouse) as opened:
                    seen = sample(self._postgres, opened, [each.xid for each in looked_at])
            except AWAY:
                # It can be looked at again later.
                return
            self.samples += 1
            self.found += broken_promises(looked_at, seen)
            self._pending = [each for each in self._pending if each not in looked_at or not is_settled(each, seen)]
