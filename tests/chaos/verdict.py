"""What came of a run: its figures, and every broken promise."""

import subprocess
import traceback
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg2
from aiokafka.errors import KafkaError
from clickhouse_connect.driver.exceptions import ClickHouseError

from deploy.local.starting import StartError
from tests.chaos.record import Outcome, Transaction

BROKEN = "BROKEN PROMISES"
_EFFECT_WITHIN = 3
# What asking a part that is away, hangs or does not start again ends in.
AWAY = (psycopg2.Error, ClickHouseError, KafkaError, OSError, StartError, subprocess.TimeoutExpired)


@dataclass
class Verdict:
    """Faults by kind, those with an effect, what was written and looked at, and what is wrong, a sentence each."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
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

    def never_struck(self, sure: Collection[str]) -> list[str]:
        """A sentence for each kind that came so often that it should have met something, and never did.

        sure: the kinds that meet something whenever they come.
        """
        return [
            f"{kind} came {times} times and never had an effect"
            for kind, times in self.faults.items()
            if times >= (1 if kind in sure else _EFFECT_WITHIN) and not self.struck[kind]
        ]

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Whatever happens within, a verdict is reached if it can be: a part that stays away is what a run looks for.

        What else ends a run is a defect of the run itself, is raised, and shows nothing.
        """
        try:
            yield
        except AWAY as error:
            self.problems.append("".join(["a part stayed away:\n", *traceback.format_exception(error)]))
        except BaseException as error:
            self.problems.append(f"the run itself ended with {error!r}")
            raise

    def __str__(self) -> str:
        found = f"{len(self.problems)} {BROKEN}" if self.problems else "every promise kept"
        return (
            f"chaos: seed {self.seed}: {self.faults.total()} faults of {len(self.faults)} kinds,"
            f" {self.transactions} transactions, {self.changes} changes, {self.samples} samples: {found}"
        )
