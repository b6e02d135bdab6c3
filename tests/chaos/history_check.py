"""The history checker: what ClickHouse shows at rest, held against what the writers know to be committed. Pure.

Each write has a token of its own and says which token it replaced, so the writers alone tell the order of a row's
changes, whatever positions, times and versions say.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tests.chaos.record import Outcome, Row, Seen, Transaction, Version, Write

_XIDS = 1 << 32
# A change by what it is: a deletion and the write of the value it deleted have the same token.
Change = tuple[Row, bool, str]


def violations(transactions: Sequence[Transaction], seen: Seen) -> list[str]:
    """Every broken promise, a sentence each; none if history is right. Outcomes must be known by now."""
    written = Written(transactions)
    rows = _by_row(seen.versions)
    return [
        *_unresolved(transactions),
        *_lost(written, seen),
        *_uncommitted(written, seen),
        *_twice(seen),
        *(sentence for versions in rows.values() for sentence in _out_of_order(written, versions)),
        *_torn(written, seen),
        *_wrong_now(written, seen),
    ]


class Written:
    """The committed writes, by what each of them did; and the tokens of the others."""

    def __init__(self, transactions: Sequence[Transaction]) -> None:
        self.of: dict[Change, tuple[Transaction, Write]] = {}
        self.committed = [each for each in transactions if each.outcome is Outcome.COMMITTED]
        self.xids = {transaction.xid % _XIDS for transaction in self.committed}
        self.undone = {
            write.after for each in transactions if each.outcome is Outcome.ROLLED_BACK for write in each.writes
        }
        self.truncated: set[tuple[Row, str]] = set()
        # Values that were there before capture began: a copy may have come too late to see them.
        self.earlier: set[tuple[Row, str | None]] = set()
        for transaction in self.committed:
            self.of.update({_change(write): (transaction, write) for write in transaction.writes})
            if transaction.before_capture:
                self.earlier.update((write.row, write.after) for write in transaction.writes)
            for each in transaction.truncations:
                self.truncated.update((Row(each.table, key), token) for key, token in each.ended.items())

    def current(self) -> dict[Row, str]:
        """The rows that are there after all of it."""
        writes = [write for transaction in self.committed for write in transaction.writes]
        ended = {(write.row, write.before) for write in writes} | self.truncated
        return {w.row: w.after for w in writes if w.after is not None and (w.row, w.after) not in ended}


def _change(write: Write) -> Change:
    return write.row, write.after is None, write.after or write.before or ""


def _change_seen(version: Version) -> Change:
    return version.row, version.op == "d", version.token


def _by_row(versions: Iterable[Version]) -> Mapping[Row, list[Version]]:
    rows: dict[Row, list[Version]] = defaultdict(list)
    for version in sorted(versions, key=lambda each: each.version):
        rows[version.row].append(version)
    return rows


def _unresolved(transactions: Iterable[Transaction]) -> Iterator[str]:
    for each in transactions:
        if each.outcome is Outcome.UNKNOWN:
            yield f"transaction {each.xid}: nobody found out what became of it, so nothing can be said of its writes"


def _lost(written: Written, seen: Seen) -> Iterator[str]:
    streamed = {_change_seen(version) for version in seen.versions if version.op != "r"}
    for (row, deleted, token), (transaction, _) in written.of.items():
        # What was over before capture began is there only as what was left of it, which the current rows show.
        if (row, deleted, token) not in streamed and not transaction.before_capture:
            yield f"{_named(row)}: lost: {'deletion of ' if deleted else ''}{token} of transaction {transaction.xid}"
    for transaction in written.committed:
        for each in transaction.truncations:
            if (transaction.xid % _XIDS, each.table) not in seen.truncates and not transaction.before_capture:
                yield f"{each.table}: lost: the TRUNCATE of transaction {transaction.xid}"


def _uncommitted(written: Written, seen: Seen) -> Iterator[str]:
    for version in seen.versions:
        if (version.row, False, version.token) in written.of and (
            version.op != "d"
            or _change_seen(version) in written.of
            or (version.row, version.token) in written.truncated
        ):
            continue
        what = "was rolled back" if version.token in written.undone else "was never written"
        yield f"{_named(version.row)}: {version.op} {version.token} of transaction {version.xid} is visible, and {what}"
    for xid, table in seen.truncates:
        if xid not in written.xids:
            yield f"{table}: a TRUNCATE of transaction {xid} is visible, which was not committed"


def _twice(seen: Seen) -> Iterator[str]:
    for (row, version), times in Counter((each.row, each.version) for each in seen.versions).items():
        if times > 1:
            yield f"{_named(row)}: version {version} is in history {times} times"
    streamed = Counter(_change_seen(each) for each in seen.versions if each.op != "r")
    for (row, deleted, token), times in streamed.items():
        if times > 1:
            yield f"{_named(row)}: {'the deletion of ' if deleted else ''}{token} is visible as {times} changes"
    for row, times in Counter(row for row, _ in seen.current).items():
        if times > 1:
            yield f"{_named(row)}: {times} current rows"


def _out_of_order(written: Written, versions: Sequence[Version]) -> Iterator[str]:
    """A row's versions, oldest first: each must follow the one whose value it replaced, and real time."""
    streamed = [version for version in versions if version.op != "r"]
    began = 0.0
    for previous, version in zip((None, *streamed), streamed, strict=False):
        found = written.of.get(_change_seen(version))
        if found is None:
            continue
        transaction, write = found
        if transaction.ended < began:
            yield f"{_named(version.row)}: {version.token} comes after a write that began when it was over"
        began = max(began, transaction.began)
        there = None if previous is None or previous.op == "d" else previous.token
        emptied = write.before is None and there is not None and (version.row, there) in written.truncated
        # What was there before capture began is known by its copy, or not at all if the copy came later.
        not_streamed = previous is None and (version.row, write.before) in written.earlier
        if there != write.before and not emptied and not not_streamed:
            yield f"{_named(version.row)}: {version.op} {version.token} replaced {write.before}, but follows {there}"
    for copied in (version for version in versions if version.op == "r"):
        yield from _old_copy(copied, streamed)


def _old_copy(copied: Version, streamed: Sequence[Version]) -> Iterator[str]:
    """A copy has what was newest at its position, or what was written since: it is read a little later."""
    before = [version for version in streamed if version.version < copied.version]
    allowed = {version.token for version in (*before[-1:], *streamed[len(before) :])}
    if before and copied.token not in allowed:
        newest = before[-1].token
        yield f"{_named(copied.row)}: a copy has {copied.token} where {newest} was the newest value"


def _torn(written: Written, seen: Seen) -> Iterator[str]:
    """Transactions of which ClickHouse says another number of changes, another actor, or several times."""
    told: set[str] = set()
    times: dict[int, set[int]] = defaultdict(set)
    for version in seen.versions:
        found = written.of.get(_change_seen(version))
        if version.op == "r" or found is None or found[0].before_capture:
            continue
        transaction = found[0]
        times[transaction.xid].add(version.commit_us)
        if version.xid != transaction.xid % _XIDS:
            told.add(
                f"{_named(version.row)}: {version.token} is said to be of transaction {version.xid}, not"
                f" {transaction.xid}"
            )
        if version.changes != transaction.changes:
            told.add(f"transaction {transaction.xid} made {transaction.changes} changes, not {version.changes}")
        if version.user_id != (transaction.user_id or ""):
            told.add(f"transaction {transaction.xid} is of {transaction.user_id!r}, not of {version.user_id!r}")
    told.update(f"transaction {xid} has {len(found)} commit times" for xid, found in times.items() if len(found) > 1)
    yield from sorted(told)


def _wrong_now(written: Written, seen: Seen) -> Iterator[str]:
    wanted, found = written.current(), dict(seen.current)
    for row in wanted.keys() | found.keys():
        if wanted.get(row) != found.get(row):
            yield f"{_named(row)}: the current row is {found.get(row)}, and should be {wanted.get(row)}"


def _named(row: Row) -> str:
    return f"{row.table} {row.key}"
