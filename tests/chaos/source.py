"""A source, declared: the parts by which changes come, the faults that befall them, and what holds at every instant."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.faults import Strike
from tests.chaos.ledger import Ledger
from tests.chaos.platform import Capturing, Platform
from tests.chaos.sampler import Look
from tests.chaos.schedule import HURRIED, Fault, schedule


@dataclass(frozen=True)
class Source:
    """capturing: makes the parts over the ground; kinds: of faults, by name; looks: what is looked at while it
    runs, the first one, which is quick, also right before and after each fault; sure: the kinds that meet something
    whenever they come.

    often: how often a kind comes in a round of the schedule, where that is not once; hurried: the share of faults after
    which capture gets no time to recover; recovery_seconds: the time that it otherwise gets.
    """

    capturing: Capturing
    kinds: Mapping[str, Strike]
    looks: Callable[[Platform, Ledger], Sequence[Look]]
    recovery_seconds: float
    sure: Collection[str]
    hurried: float = HURRIED
    often: Mapping[str, int] = field(default_factory=dict)

    def round(self, chosen: Sequence[str]) -> list[str]:
        """The faults of one round: each kind that was chosen, as often as it is to come."""
        return [kind for kind in chosen for _ in range(self.often.get(kind, 1))]

    def schedule(self, seed: int, chosen: Sequence[str]) -> Iterator[Fault]:
        """The faults that a seed gives, without end."""
        return schedule(seed, self.round(chosen), self.hurried)
