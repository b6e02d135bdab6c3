"""What differs between two copies of a table: pure comparison of texts that were fetched."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

Text = str | None
Row = tuple[Text, ...]
Key = tuple[Text, ...]
# what history and latest have of a key: (side, version, hash) of both or of one
Sides = tuple[tuple[str, str, str], ...]
# bucket -> (rows, sum, sum)
Buckets = Mapping[str, tuple[int, str, str]]


@dataclass(frozen=True)
class Difference:
    """One key that differs: between which two copies, and what of it (columns with both texts, or a row one lacks)."""

    table: str
    between: str
    key: Mapping[str, Text]
    what: str

    def __str__(self) -> str:
        named = ", ".join(f"{name}={text}" for name, text in self.key.items())
        return f"{self.table} {named}: {self.between}: {self.what}"


def differing_buckets(left: Buckets, right: Buckets) -> list[str]:
    """The buckets whose counts or sums are not the same on both sides, in order."""
    return sorted(bucket for bucket in left.keys() | right.keys() if left.get(bucket) != right.get(bucket))


def row_count(buckets: Buckets) -> int:
    """How many rows all buckets hold."""
    return sum(rows for rows, _, _ in buckets.values())


def differing_rows(
    names: tuple[str, ...], key_width: int, postgres: Iterable[Row], clickhouse: Iterable[Row]
) -> Iterator[tuple[Key, str]]:
    """Each key (the first `key_width` texts) whose rows differ, with a sentence that says how."""
    left = {row[:key_width]: row for row in postgres}
    right = {row[:key_width]: row for row in clickhouse}
    for key in sorted(left.keys() | right.keys(), key=str):
        if key not in right:
            yield key, "the row is missing in ClickHouse"
        elif key not in left:
            yield key, "ClickHouse has a row that PostgreSQL has not"
        elif left[key] != right[key]:
            yield key, "; ".join(_columns(names, left[key], right[key]))


def surplus_sentence(version: str, *, copied: bool, made: int, held: int) -> str:
    """How a version in history is more than its transaction made, or the snapshot that copied it."""
    origin, rows = ("snapshot", "rows") if copied else ("transaction", "changes")
    if not made:
        return f"no {origin} is known that made version {version}"
    return f"the {origin} of version {version} made {made} {rows}, and history holds {held} of it"


def letters_sentence(table: str, parked: int, discarded: int, oldest: str, reason: str) -> str:
    """That a key's changes are dead letters: the oldest one's id, and why it is one."""
    counted = " and ".join(
        f"{count} {state}" for count, state in ((parked, "parked"), (discarded, "discarded")) if count
    )
    advice = f"`python -m cdc dead-letters redrive {table}`" if parked else "a change of it was given up"
    return f"of its changes {counted} as dead letters, the oldest ({oldest}) because: {reason}; {advice}"


def latest_sentence(sides: Sides) -> str:
    """How what latest holds of a key is not history's newest version of it."""
    versions = {side: version for side, version, _ in sides}
    if "latest" not in versions:
        return "the key is missing in latest"
    if "history" not in versions:
        return "latest has a key that history has not"
    if versions["latest"] != versions["history"]:
        return f"latest holds version {versions['latest']}, history's newest is {versions['history']}"
    return f"latest holds other values than history does of version {versions['history']}"


def _columns(names: tuple[str, ...], postgres: Row, clickhouse: Row) -> Iterator[str]:
    for name, left, right in zip(names, postgres, clickhouse, strict=True):
        if left != right:
            yield f"{name} is {_shown(left)} in PostgreSQL and {_shown(right)} in ClickHouse"


def _shown(text: Text) -> str:
    return "NULL" if text is None else repr(text)
