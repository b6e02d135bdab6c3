"""The schedule: which fault comes when and lasts how long, a function of the seed alone."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SHORTEST_GAP, _LONGEST_GAP = 0.05, 0.9
_SHORTEST, _LONGEST = 0.2, 2.0
HURRIED = 0.3


@dataclass(frozen=True)
class Fault:
    """One fault: what it is, how long after the one before, how long it lasts, and a number from which it draws more.

    then_recover: whether capture gets the time to come back before the next one.
    """

    number: int
    kind: str
    after_seconds: float
    lasts_seconds: float
    draw: float
    then_recover: bool


def schedule(seed: int, kinds: Sequence[str], hurried: float = HURRIED) -> Iterator[Fault]:
    """Faults without end; each of `kinds` comes once in a round, in an order of its own.

    hurried: the share of them after which capture gets no time to recover.
    """
    rng, number = random.Random(f"faults {seed}"), 0
    while True:
        for kind in rng.sample(kinds, len(kinds)):
            number += 1
            yield Fault(
                number=number,
                kind=kind,
                after_seconds=rng.uniform(_SHORTEST_GAP, _LONGEST_GAP),
                lasts_seconds=rng.uniform(_SHORTEST, _LONGEST),
                draw=rng.random(),
                then_recover=rng.random() > hurried,
            )
