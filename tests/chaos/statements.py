"""The statements of the workload, drawn from a generator of random numbers; each returns what it did to which row.

Every statement answers with (key before, token before, key after, token after), one row for each row it wrote.
"""

import random
from dataclasses import dataclass
from itertools import count

from tests.chaos.targets import SERVICES, TARGETS, TRUNCATED_TOGETHER, Target

_HOT, _ROWS = 4, 40
_BIG = (200, 1200)
_TRUNCATES, _BIG_ONES = 0.008, 0.012
_STATEMENTS = (1, 1, 2, 3, 6)
_FIRST_OF_BIG = 1_000_000


@dataclass(frozen=True)
class Statement:
    """One change, or the emptying of tables; `target` is whose rows it returns."""

    sql: str
    target: Target
    truncated: tuple[Target, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A transaction as it was drawn: what it writes, how long it dawdles, and whether it is to be committed."""

    name: str
    service: str
    user_id: str | None
    statements: tuple[Statement, ...]
    undone: tuple[Statement, ...]
    dawdle_seconds: float
    commit: bool


class Drawing:
    """Draws one writer's transactions: the same ones for the same seed, whatever becomes of them."""

    def __init__(self, seed: str) -> None:
        self._rng, self._seed, self._numbers = random.Random(seed), seed, count(1)
        self._big: list[tuple[Target, int, int]] = []
        self._next_big = _FIRST_OF_BIG + self._rng.randrange(1 << 30) * 1000

    def plan(self) -> Plan:
        """The next transaction."""
        rng = self._rng
        service = rng.choice(SERVICES)
        drawn = rng.random()
        if drawn < _TRUNCATES:
            statements = [self._truncate(service)]
        elif drawn < _TRUNCATES + _BIG_ONES:
            statements = [self._big_one(service)]
        else:
            statements = [self._small_one(service) for _ in range(rng.choice(_STATEMENTS))]
        return Plan(
            name=self._token(),
            service=service,
            user_id=f"user {rng.randrange(9)}" if rng.random() < 0.8 else None,
            statements=tuple(statements),
            undone=(self._small_one(service),) if rng.random() < 0.1 else (),
            dawdle_seconds=rng.uniform(0, 0.05) if rng.random() < 0.3 else 0.0,
            commit=rng.random() < 0.9,
        )

    def _small_one(self, service: str) -> Statement:
        target = self._rng.choice([each for each in TARGETS if each.service == service])
        number, other = self._number(), self._number()
        drawn = self._rng.random()
        if drawn < 0.3:
            return insert(target, number, number, self._token())
        if drawn < 0.7:
            return update(target, number, self._token())
        if drawn < 0.88:
            return delete(target, number, number)
        return rename(target, number, other, self._token())

    def _big_one(self, service: str) -> Statement:
        """Many rows at once, which are deleted at once when their turn comes."""
        mine = [block for block in self._big if block[0].service == service]
        if len(mine) >= 2:
            self._big.remove(mine[0])
            return delete(*mine[0])
        target = self._rng.choice([each for each in TARGETS if each.service == service and each.fits == "true"])
        first, rows = self._next_big, self._rng.randint(*_BIG)
        self._next_big += rows
        self._big.append((target, first, first + rows - 1))
        return insert(target, first, first + rows - 1, self._token())

    def _truncate(self, service: str) -> Statement:
        together = self._rng.choice([each for each in TRUNCATED_TOGETHER if each[0].service == service])
        return Statement(f"TRUNCATE {', '.join(target.table for target in together)}", together[0], together)

    def _number(self) -> int:
        return self._rng.randint(1, _HOT if self._rng.random() < 0.4 else _ROWS)

    def _token(self) -> str:
        return f"{self._seed}.{next(self._numbers)}"


def insert(target: Target, first: int, last: int, token: str) -> Statement:
    """Insert the rows of these numbers that are not there, each with a token of its own."""
    return Statement(
        f"INSERT INTO {target.table} ({target.columns}) SELECT {target.values}, '{token}.' || n"
        f" FROM generate_series({first}::bigint, {last}::bigint) AS n WHERE {target.fits}"
        f" ON CONFLICT DO NOTHING RETURNING NULL, NULL, {target.key.format('')}, {target.token}",
        target,
    )


def update(target: Target, number: int, token: str) -> Statement:
    """Give a row another token."""
    return Statement(
        f"UPDATE {target.table} SET {target.token} = '{token}' WHERE {target.row.format(number)}"
        f" RETURNING {_of('old', target)}, {_of('new', target)}",
        target,
    )


def rename(target: Target, number: int, other: int, token: str) -> Statement:
    """Give a row another key."""
    return Statement(
        f"UPDATE {target.table} SET {target.renamed.format(other)}, {target.token} = '{token}'"
        f" WHERE {target.row.format(number)} AND {target.free} RETURNING {_of('old', target)}, {_of('new', target)}",
        target,
    )


def delete(target: Target, first: int, last: int) -> Statement:
    """Delete the rows of these numbers."""
    rows = target.row.format(first)
    if last > first:
        named = target.row.format("n")
        rows = f"EXISTS (SELECT FROM generate_series({first}::bigint, {last}::bigint) AS n WHERE {named})"
    return Statement(
        f"DELETE FROM {target.table} WHERE {rows} AND {target.free}"
        f" RETURNING {target.key.format('')}, {target.token}, NULL, NULL",
        target,
    )


def _of(image: str, target: Target) -> str:
    return f"{target.key.format(f'{image}.')}, {image}.{target.token}"
