"""The next pairs: spread evenly, joined as soon as may be, never twice in a round, and the same for the same seed."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cj_assessment_service.connectivity import Components, Pair
from services.cj_assessment_service.pairs import PairSelection
from services.cj_assessment_service.tests.essays import essay, essays


def next_pairs(
    count: int, most: int, history: tuple[Pair, ...] = (), in_round: tuple[Pair, ...] = (), seed: int = 7
) -> tuple[Pair, ...]:
    return PairSelection(essays(count), history, in_round, seed).next_pairs(most)


@given(count=st.integers(2, 12), most=st.integers(0, 80), seed=st.integers())
def test_no_pair_comes_twice_and_all_come_if_asked_for(count: int, most: int, seed: int) -> None:
    chosen = next_pairs(count, most, seed=seed)
    assert len({frozenset(pair) for pair in chosen}) == len(chosen) == min(most, count * (count - 1) // 2)
    assert all(one != other for one, other in chosen)


@given(count=st.integers(2, 30), seed=st.integers())
def test_as_few_comparisons_as_can_join_all_essays_do(count: int, seed: int) -> None:
    assert Components(essays(count), next_pairs(count, count - 1, seed=seed)).count == 1


@given(count=st.integers(3, 20), seed=st.integers())
def test_essays_are_compared_about_equally_often(count: int, seed: int) -> None:
    times = Counter(each for pair in next_pairs(count, count, seed=seed) for each in pair)
    assert set(times) == set(essays(count))
    assert max(times.values()) - min(times.values()) <= 2


def test_the_essay_compared_least_comes_first() -> None:
    history = tuple(combinations(essays(4), 2))
    chosen = next_pairs(5, 1, history=history)
    assert [essay(4) in pair for pair in chosen] == [True]


def test_a_pair_of_an_earlier_round_comes_again_only_after_new_ones() -> None:
    history = ((essay(0), essay(1)), (essay(2), essay(3)), (essay(1), essay(2)), (essay(0), essay(3)))
    assert {frozenset(pair) for pair in next_pairs(4, 2, history=history)} == {
        frozenset((essay(0), essay(2))),
        frozenset((essay(1), essay(3))),
    }


def test_a_pair_that_failed_does_not_come_again_in_its_round_but_in_the_next() -> None:
    failed = ((essay(0), essay(1)),)
    assert not next_pairs(2, 1, in_round=failed)
    assert len(next_pairs(2, 1)) == 1


def test_groups_that_failures_left_apart_are_joined_first() -> None:
    history = ((essay(0), essay(1)), (essay(2), essay(3)), (essay(0), essay(1)), (essay(2), essay(3)))
    chosen = next_pairs(4, 1, history=history)
    assert [len(set(pair) & set(essays(2))) for pair in chosen] == [1]


def test_the_same_seed_gives_the_same_pairs_and_another_seed_others() -> None:
    assert next_pairs(10, 10, seed=1) == next_pairs(10, 10, seed=1)
    assert next_pairs(10, 10, seed=1) != next_pairs(10, 10, seed=2)


def test_either_essay_may_be_shown_first() -> None:
    shown_first = {next_pairs(2, 1, seed=seed)[0][0] for seed in range(20)}
    assert shown_first == set(essays(2))


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_essays_make_no_pair(count: int) -> None:
    assert not next_pairs(count, 5)
