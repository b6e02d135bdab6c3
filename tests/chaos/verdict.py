"""What came of a run: its figures, and every broken promise."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.record import Outcome, Transaction

BROKEN = "BROKEN PROMISES"


@dataclass
class Verdict:
    """Faults by kind, what was written and looked at, and what is wrong, a sentence each."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    transactions: int = 0
    changes: int = 0
    samples: int = 0
    problems: list[str] = field(default_factory=list)

    def count(self, written: Sequence[Transaction], samples: int) -> None:
        """Take down what was written, and how often the sampler has looked; without either nothing is proved."""
        self.transactions, self.samples = len(written), samples
        self.changes = sum(each.changes for each in written)
        if not any(each.outcome is Outcome.COMMITTED and not each.before_capture for each in written):
            self.problems.append("no transaction was committed while capture ran: nothing is proved")
        if not samples:
            self.problems.append("the sampler has seen nothing: what holds at every instant is not proved")

    def __str__(self) -> str:
        found = f"{len(self.problems)} {BROKEN}" if self.problems else "every promise kept"
        return (
            f"chaos: seed {self.seed}: {self.faults.total()} faults of {len(self.faults)} kinds,"
            f" {self.transactions} transactions, {self.changes} changes, {self.samples} samples: {found}"
        )
