"""Versions: a key's changes in the order in which PostgreSQL made them."""

from hypothesis import given
from hypothesis import strategies as st

from cdc.catalog.version import change_version, position, truncate_version, version

LSNS, EPOCHS, RANKS = st.integers(0, 2**64 - 1), st.integers(1, 2**32 - 1), st.integers(0, 2)


@given(st.tuples(EPOCHS, LSNS, RANKS), st.tuples(EPOCHS, LSNS, RANKS))
def test_versions_are_ordered_by_epoch_then_position_then_rank(
    one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    assert (version(*one) < version(*other)) == (one < other)


@given(EPOCHS, LSNS, RANKS)
def test_a_version_fits_what_stores_it(epoch: int, lsn: int, rank: int) -> None:
    assert 0 < version(epoch, lsn, rank) < 2**128


@given(EPOCHS, LSNS, RANKS)
def test_a_truncate_hides_what_is_at_its_position_and_nothing_behind(epoch: int, lsn: int, rank: int) -> None:
    assert version(epoch, lsn, rank) <= truncate_version(epoch, lsn)
    assert lsn == 2**64 - 1 or truncate_version(epoch, lsn) < version(epoch, lsn + 1, 0)


@given(st.tuples(EPOCHS, LSNS), st.tuples(EPOCHS, LSNS))
def test_positions_are_ordered_over_epochs(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert (position(*one) < position(*other)) == (one < other)


@given(EPOCHS, LSNS, st.sampled_from("cud"))
def test_a_change_that_came_without_a_value_has_the_version_that_it_would_have_had(
    epoch: int, lsn: int, op: str
) -> None:
    assert change_version(op.upper(), epoch, lsn) == change_version(op, epoch, lsn)
