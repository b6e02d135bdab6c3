"""Which essays to compare next: those compared least, with those that nothing leads to yet."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from services.cj_assessment_service.connectivity import Components, Pair


class PairSelection:
    """Chooses pairs one after the other, each as if those before were compared already."""

    def __init__(
        self, essays: Sequence[UUID], history: Iterable[Pair], asked_in_round: Iterable[Pair], seed: int
    ) -> None:
        """history: pairs of all rounds but for failed ones; asked_in_round: those of this round, failed or not.

        The same seed and history give the same pairs.
        """
        pairs = list(history)
        self._essays = sorted(essays)
        self._together = Counter(frozenset(pair) for pair in pairs)
        self._times = Counter(essay for pair in pairs for essay in pair)
        self._taken = {frozenset(pair) for pair in asked_in_round}
        self._components = Components(essays, pairs)
        self._random = random.Random(seed)  # noqa: S311  # a draw that can be repeated, no secret

    def next_pairs(self, most: int) -> tuple[Pair, ...]:
        """Up to `most` pairs, fewer if the round has no more; which essay is shown first is drawn, too."""
        chosen: list[Pair] = []
        while len(chosen) < most:
            pair = self._next_pair()
            if pair is None:
                break
            self._remember(pair)
            chosen.append(pair)
        return tuple(chosen)

    def _next_pair(self) -> Pair | None:
        shuffled = self._random.sample(self._essays, len(self._essays))
        for essay in sorted(shuffled, key=self._times.__getitem__):
            partner = self._partner(essay, shuffled)
            if partner is not None:
                return (essay, partner) if self._random.random() < 0.5 else (partner, essay)
        return None

    def _partner(self, essay: UUID, among: Sequence[UUID]) -> UUID | None:
        partners = (each for each in among if each != essay and frozenset((essay, each)) not in self._taken)
        return min(partners, key=lambda each: self._preference(essay, each), default=None)

    def _preference(self, essay: UUID, partner: UUID) -> tuple[bool, int, int]:
        """Smaller is better: an essay that nothing leads to yet, then one met less often, then one compared less."""
        joined = self._components.are_joined(essay, partner)
        return joined, self._together[frozenset((essay, partner))], self._times[partner]

    def _remember(self, pair: Pair) -> None:
        self._together[frozenset(pair)] += 1
        self._times.update(pair)
        self._taken.add(frozenset(pair))
        self._components.join(*pair)
