"""Which essays comparisons join, directly or by way of others: only those can be put in one order."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias
from uuid import UUID

Pair: TypeAlias = tuple[UUID, UUID]


class Components:
    """Sets of essays that comparisons join; each essay is alone at first."""

    def __init__(self, essays: Iterable[UUID], pairs: Iterable[Pair] = ()) -> None:
        self._parent = {essay: essay for essay in essays}
        self._count = len(self._parent)
        for one, other in pairs:
            self.join(one, other)

    @property
    def count(self) -> int:
        """How many sets there are."""
        return self._count

    def join(self, one: UUID, other: UUID) -> None:
        """Make the sets of both one set."""
        first, second = self._root(one), self._root(other)
        if first != second:
            self._parent[second] = first
            self._count -= 1

    def are_joined(self, one: UUID, other: UUID) -> bool:
        """Whether comparisons lead from one to the other."""
        return self._root(one) == self._root(other)

    def sets(self) -> Sequence[frozenset[UUID]]:
        """The sets, the largest first."""
        found: dict[UUID, set[UUID]] = {}
        for essay in self._parent:
            found.setdefault(self._root(essay), set()).add(essay)
        return sorted(map(frozenset, found.values()), key=lambda each: (-len(each), min(each)))

    def _root(self, essay: UUID) -> UUID:
        while self._parent[essay] != essay:
            self._parent[essay] = self._parent[self._parent[essay]]
            essay = self._parent[essay]
        return essay
