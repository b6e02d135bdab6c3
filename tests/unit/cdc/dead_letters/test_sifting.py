"""Sifting: bisection stores what can be stored, keeps each key's order, and gives up where everything is refused."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.dead_letters.key_set import KeySet
from cdc.dead_letters.limits import LimitReachedError
from cdc.dead_letters.sifting import Sifted, Streak, sift


@dataclass(frozen=True)
class Row:
    number: int
    key: bytes
    bad: bool

    @property
    def change(self) -> int:
        return self.number


ROWS = st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c", b"d"]), st.booleans()), max_size=40).map(
    lambda drawn: [Row(number, key, bad) for number, (key, bad) in enumerate(drawn)]
)


class Attempts:
    """An insert that is refused as a whole if one of its rows is."""

    def __init__(self) -> None:
        self.count = 0
        self.stored: list[Row] = []

    def __call__(self, rows: Sequence[Row]) -> str | None:
        self.count += 1
        assert rows, "nothing was sent"
        if refused := [row for row in rows if row.bad]:
            return f"row {refused[0].number}"
        self.stored += rows
        return None


def one_by_one(rows: list[Row]) -> Sifted[Row]:
    """What should come of it."""
    wanted, blocked = Sifted[Row](), set[bytes]()
    for row in rows:
        if row.key in blocked:
            wanted.behind.append(row)
        elif row.bad:
            wanted.refused.append((row, f"row {row.number}"))
            blocked.add(row.key)
        else:
            wanted.stored.append(row)
    return wanted


def by_key(row: Row) -> bytes:
    return row.key


@given(ROWS)
def test_the_outcome_is_that_of_storing_one_row_after_the_other(rows: list[Row]) -> None:
    attempts = Attempts()
    found, wanted = sift(rows, attempts), one_by_one(rows)
    assert (found.stored, found.refused) == (wanted.stored, wanted.refused)
    # Between keys their order says nothing.
    assert sorted(found.behind, key=by_key) == sorted(wanted.behind, key=by_key)
    assert attempts.stored == found.stored


@pytest.mark.parametrize("rows", [1, 2, 1000])
def test_rows_without_a_refused_one_are_one_attempt(rows: int) -> None:
    attempts = Attempts()
    sift([Row(number, b"a", bad=False) for number in range(rows)], attempts)
    assert attempts.count == 1


def test_one_refused_row_among_many_costs_about_twice_the_logarithm_in_attempts() -> None:
    rows = [Row(number, str(number).encode(), bad=number == 7_777) for number in range(50_000)]
    attempts = Attempts()
    found = sift(rows, attempts)
    assert [row.number for row, _ in found.refused] == [7_777]
    assert attempts.count <= 2 * 16 + 1


def refused_rows(count: int, first: int = 0) -> list[Row]:
    return [Row(number, str(number).encode(), bad=True) for number in range(first, first + count)]


def test_too_many_refused_in_a_row_are_an_error_that_says_why_and_costs_few_attempts() -> None:
    attempts = Attempts()
    with pytest.raises(LimitReachedError, match=r"shop\.goods: ClickHouse refused 100 changes .* because: row 99"):
        sift(refused_rows(50_000), attempts, Streak("shop.goods", 100))
    assert attempts.count < 250


def test_a_stored_row_ends_the_streak() -> None:
    rows = [*refused_rows(99), Row(99, b"good", bad=False), *refused_rows(99, first=100)]
    assert len(sift(rows, Attempts(), Streak("t", 100)).refused) == 198


def test_a_streak_goes_on_over_inserts_and_counts_a_change_that_comes_again_once() -> None:
    streak = Streak("t", 100)
    for _ in range(3):
        sift(refused_rows(99), Attempts(), streak)
    assert len(streak) == 99
    with pytest.raises(LimitReachedError):
        sift(refused_rows(1, first=99), Attempts(), streak)


def test_rows_that_wait_behind_a_refused_one_do_not_count() -> None:
    rows = [Row(number, b"a", bad=True) for number in range(500)]
    found = sift(rows, Attempts(), Streak("t", 2))
    assert (len(found.refused), len(found.behind)) == (1, 499)


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=2))))
def test_a_set_of_keys_is_one(steps: list[tuple[bool, bytes]]) -> None:
    found, wanted = KeySet("t"), set[bytes]()
    for adds, key in steps:
        (found.add if adds else found.discard)(key)
        (wanted.add if adds else wanted.discard)(key)
        assert len(found) == len(wanted)
        assert (key in found) == adds
    assert all(key in found for key in wanted)
    assert len(KeySet("t", wanted)) == len(wanted)


def test_a_set_of_keys_says_when_it_is_full() -> None:
    full = KeySet("file.files", [b"a", b"b"], most=2)
    full.add(b"a")
    with pytest.raises(LimitReachedError, match=r"file\.files: more than 2 keys have dead letters; redrive or discard"):
        full.add(b"c")
