"""The history checker itself: it passes what is right, and names each promise that is broken."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.history_check import violations
from tests.chaos.record import Outcome, Row, Seen, Transaction, Truncation, Version, Write
from tests.chaos.simulated import Simulated

ROW, OTHER = Row("file.files", "1"), Row("file.files", "2")


def committed(xid: int, *writes: Write, user_id: str | None = "anna") -> Transaction:
    return Transaction(xid, Outcome.COMMITTED, writes, user_id=user_id, began=float(xid), ended=xid + 0.5)


def shown(transactions: Sequence[Transaction]) -> Seen:
    """What a faithful capture shows of transactions that were committed in this order."""
    return Simulated(transactions).seen()


GOOD = (
    committed(1, Write(ROW, None, "a")),
    committed(2, Write(ROW, "a", "b"), Write(OTHER, None, "c")),
    committed(3, Write(ROW, "b", None)),
    Transaction(4, Outcome.ROLLED_BACK, (Write(OTHER, "c", "never"),)),
    committed(5, Write(ROW, None, "d"), user_id=None),
)
SEEN = shown(GOOD)


def of(token: str, op: str | None = None) -> Version:
    return next(each for each in SEEN.versions if each.token == token and op in {None, each.op})


def without(*versions: Version) -> Seen:
    return replace(SEEN, versions=tuple(each for each in SEEN.versions if each not in versions))


def exchanged(old: Version, /, **values: object) -> Seen:
    return replace(without(old), versions=(*without(old).versions, replace(old, **values)))  # type: ignore[arg-type]


def test_what_a_faithful_capture_shows_breaks_nothing() -> None:
    assert violations(GOOD, SEEN) == []


BROKEN = {
    "a change that is lost": (without(of("b")), "lost: b"),
    "a deletion that is lost": (without(of("b", "d")), "lost: deletion of b"),
    "a change that was rolled back": (
        replace(SEEN, versions=(*SEEN.versions, replace(of("c"), token="never", version=10**6, op="u"))),
        "was rolled back",
    ),
    "a change that nobody made": (
        replace(SEEN, versions=(*SEEN.versions, replace(of("c"), token="invented", version=10**6))),
        "was never written",
    ),
    "a version twice": (replace(SEEN, versions=(*SEEN.versions, of("a"))), "in history 2 times"),
    "a change under two versions": (
        replace(SEEN, versions=(*SEEN.versions, replace(of("c"), version=10**6))),
        "visible as 2 changes",
    ),
    "a row shown twice": (replace(SEEN, current=(*SEEN.current, (ROW, "d"))), "2 current rows"),
    "changes in another order": (exchanged(of("b", "u"), version=of("b", "d").version + 1), "but follows"),
    "lives in another order": (
        replace(
            SEEN,
            versions=tuple(
                replace(each, version=each.version + (0 if each.token == "d" else 10**6)) for each in SEEN.versions
            ),
        ),
        "comes after a write that began when it was over",
    ),
    "another transaction's number": (exchanged(of("b", "u"), xid=77), "is said to be of transaction 77"),
    "a transaction without its actor": (exchanged(of("a"), user_id=""), "is of 'anna', not of ''"),
    "a transaction counted wrongly": (exchanged(of("a"), changes=2), "made 1 changes, not 2"),
    "a transaction that is not counted": (exchanged(of("a"), changes=None), "made 1 changes, not None"),
    "a transaction torn in time": (exchanged(of("c"), commit_us=1), "2 commit times"),
    "an old current row": (replace(SEEN, current=((ROW, "b"), (OTHER, "c"))), "the current row is b, and should be d"),
    "a missing current row": (replace(SEEN, current=((ROW, "d"),)), "the current row is None, and should be c"),
    "a deleted row that is back": (
        replace(SEEN, current=(*SEEN.current, (Row("file.files", "3"), "a"))),
        "and should be None",
    ),
    "an old copy on top": (
        replace(SEEN, versions=(*SEEN.versions, Version(ROW, of("d").version + 1, "r", "a", 9))),
        "a copy has a where d was the newest value",
    ),
    "a truncate that nobody made": (replace(SEEN, truncates=frozenset({(9, "file.files")})), "was not committed"),
}


@pytest.mark.parametrize(("seen", "sentence"), BROKEN.values(), ids=BROKEN)
def test_a_broken_promise_is_named(seen: Seen, sentence: str) -> None:
    assert any(sentence in found for found in violations(GOOD, seen)), violations(GOOD, seen)


def test_an_outcome_that_nobody_found_out_is_no_pass() -> None:
    assert violations([replace(GOOD[0], outcome=Outcome.UNKNOWN)], Seen())


TRUNCATED = (*GOOD, replace(committed(6), truncations=(Truncation("file.files", {"1": "d", "2": "c"}),)))


def test_a_row_may_come_again_after_a_truncate() -> None:
    again = (*TRUNCATED, committed(7, Write(ROW, None, "e")))
    assert violations(again, shown(again)) == []


def test_a_truncate_that_is_ignored_is_named() -> None:
    found = violations(TRUNCATED, replace(SEEN, current=SEEN.current))
    assert any("lost: the TRUNCATE of transaction 6" in each for each in found)
    assert any("the current row is d, and should be None" in each for each in found)


def test_a_copy_may_have_what_was_written_after_its_position_and_before_it_was_read() -> None:
    early = Version(ROW, of("b", "u").version + 1, "r", "d", xid=9)
    assert violations(GOOD, replace(SEEN, versions=(*SEEN.versions, early))) == []


def test_what_was_there_before_capture_may_be_known_by_its_copy_alone() -> None:
    earlier = replace(GOOD[0], before_capture=True)
    later = committed(2, Write(ROW, "a", "b"))
    copied = Version(ROW, 1, "r", "a", xid=9)
    streamed = Version(ROW, 5, "u", "b", 2, 7, "anna", 1)
    assert violations([earlier, later], Seen((copied, streamed), ((ROW, "b"),))) == []
    assert violations([earlier, later], Seen((streamed,), ((ROW, "b"),))) == []


writes_of_transactions = st.lists(
    st.tuples(st.booleans(), st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=4)),
    min_size=1,
    max_size=12,
)


def drawn(choices: list[tuple[bool, list[tuple[int, bool]]]]) -> list[Transaction]:
    """Transactions one after another, each of which finds the rows as the ones before left them."""
    there: dict[Row, str] = {}
    transactions = []
    for xid, (commits, changes) in enumerate(choices, start=1):
        left, writes = dict(there), []
        for number, (key, deletes) in enumerate(changes):
            row = Row("file.files", str(key))
            before, after = left.pop(row, None), None if deletes else f"{xid}.{number}"
            if before is None and after is None:
                continue
            writes.append(Write(row, before, after))
            if after is not None:
                left[row] = after
        outcome = Outcome.COMMITTED if commits else Outcome.ROLLED_BACK
        transactions.append(replace(committed(xid, *writes), outcome=outcome))
        there = left if commits else there
    return transactions


@given(writes_of_transactions)
def test_any_history_that_is_shown_faithfully_passes(choices: list[tuple[bool, list[tuple[int, bool]]]]) -> None:
    transactions = drawn(choices)
    assert violations(transactions, shown(transactions)) == []


@given(writes_of_transactions, st.data())
def test_any_change_left_out_is_noticed(
    choices: list[tuple[bool, list[tuple[int, bool]]]], data: st.DataObject
) -> None:
    transactions = drawn(choices)
    seen = shown(transactions)
    if seen.versions:
        lost = data.draw(st.sampled_from(seen.versions))
        assert violations(transactions, replace(seen, versions=tuple(v for v in seen.versions if v != lost)))


@given(writes_of_transactions, st.data())
def test_any_two_changes_of_a_row_that_change_places_are_noticed(
    choices: list[tuple[bool, list[tuple[int, bool]]]], data: st.DataObject
) -> None:
    transactions = drawn(choices)
    seen = shown(transactions)
    pairs = [(a, b) for a in seen.versions for b in seen.versions if a.row == b.row and a.version < b.version]
    if pairs:
        first, second = data.draw(st.sampled_from(pairs))
        others = tuple(each for each in seen.versions if each not in {first, second})
        moved = (replace(first, version=second.version), replace(second, version=first.version))
        assert violations(transactions, replace(seen, versions=(*others, *moved)))
