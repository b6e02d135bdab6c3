"""As-of views: at an instant, every transaction is there wholly or not at all, each row with its newest value. Pure."""

import random
from collections.abc import Iterable, Iterator, Sequence

from tests.chaos.record import Row, Seen, Version

_INSTANTS = 2


def instants(seen: Seen, seed: int) -> list[int]:
    """A few instants worth asking about, in µs: the commits of transactions of many rows, and just before each."""
    times = sorted({version.commit_us for version in seen.versions if (version.changes or 0) > 1})
    chosen = random.Random(seed).sample(times, min(_INSTANTS, len(times)))
    return [instant for time in chosen for instant in (time - 1, time)]


def wrong_as_of(seen: Seen, at_us: int, shown: Sequence[tuple[Row, str]]) -> Iterator[str]:
    """What the views show of an instant, held against history, which is right by now."""
    wanted, found = _as_of(seen, at_us), dict(shown)
    if len(found) != len(shown):
        yield f"as of {at_us}: {len(shown) - len(found)} rows are shown more than once"
    for row in wanted.keys() | found.keys():
        if wanted.get(row) != found.get(row):
            yield f"{row.table} {row.key}: as of {at_us} it is {found.get(row)}, and should be {wanted.get(row)}"


def _as_of(seen: Seen, at_us: int) -> dict[Row, str]:
    newest = _newest(version for version in seen.versions if version.commit_us <= at_us)
    emptied: dict[str, int] = {}
    for table, commit_us, version in seen.emptied:
        if commit_us <= at_us:
            emptied[table] = max(version, emptied.get(table, 0))
    return {
        row: version.token
        for row, version in newest.items()
        if version.op != "d" and version.version > emptied.get(row.table, 0)
    }


def _newest(versions: Iterable[Version]) -> dict[Row, Version]:
    newest: dict[Row, Version] = {}
    for version in versions:
        if version.row not in newest or newest[version.row].version < version.version:
            newest[version.row] = version
    return newest
