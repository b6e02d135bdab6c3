"""The ledger: every transaction that the writers attempted, with its outcome, shared by their threads."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tests.chaos.record import Outcome, Transaction


class Ledger:
    """Transactions in the order of their ends; `at_rest` waits until nobody is in the middle of one."""

    def __init__(self) -> None:
        self._transactions: list[Transaction] = []
        self._guard = threading.Condition()
        self._writing = 0

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A writer is in the middle of a transaction."""
        with self._guard:
            self._writing += 1
        try:
            yield
        finally:
            with self._guard:
                self._writing -= 1
                self._guard.notify_all()

    def record(self, transaction: Transaction) -> None:
        """Add what became of a transaction."""
        with self._guard:
            self._transactions.append(transaction)

    def wait_until_at_rest(self, seconds: float) -> None:
        """Return once no writer is in the middle of a transaction; TimeoutError if that takes longer."""
        with self._guard:
            if not self._guard.wait_for(lambda: self._writing == 0, seconds):
                raise TimeoutError(f"after {seconds:g} s a writer was still in the middle of a transaction")

    def all(self) -> list[Transaction]:
        """Every transaction so far."""
        with self._guard:
            return list(self._transactions)

    def since(self, place: int) -> list[Transaction]:
        """The transactions from that place on."""
        with self._guard:
            return self._transactions[place:]

    def resolve(self, resolved: Callable[[Transaction], Transaction]) -> None:
        """Replace each transaction of unknown outcome by what `resolved` says of it."""
        with self._guard:
            for place, each in enumerate(self._transactions):
                if each.outcome is Outcome.UNKNOWN:
                    self._transactions[place] = resolved(each)

    def write(self, file: Path) -> None:
        """Keep it as JSON lines."""
        with file.open("w", encoding="utf-8") as lines:
            for each in self.all():
                lines.write(json.dumps(asdict(each), default=dict) + "\n")
