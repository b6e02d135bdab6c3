"""When a row is looked for, and what is told of how long it took."""

import time

import pytest

from tests.bench.looking import Looking


def _after(seconds: float, looks: list[float]) -> float:
    """Look for a row that is there so many seconds later; the milliseconds it is said to have taken."""
    began = time.perf_counter()

    def seen() -> bool:
        looks.append(time.perf_counter() - began)
        return looks[-1] >= seconds

    return Looking(5.0).until(seen, "a row")


def test_what_is_told_is_when_it_was_seen() -> None:
    looks = list[float]()
    assert _after(0.05, looks) / 1000 == pytest.approx(looks[-1], abs=0.02)
    assert len(looks) > 2


def test_nobody_looks_in_the_first_half_of_the_shortest_wait() -> None:
    looking, looks = Looking(5.0), list[float]()
    began = time.perf_counter()
    shortest = looking.until(lambda: time.perf_counter() - began > 0.1, "a row")
    began = time.perf_counter()

    def seen() -> bool:
        looks.append(time.perf_counter() - began)
        return len(looks) > 1

    looking.until(seen, "a row")
    assert looks[0] * 1000 >= shortest / 2


def test_a_row_that_never_comes_is_named() -> None:
    with pytest.raises(TimeoutError, match=r"row 7 was not seen within 0.01 s"):
        Looking(0.01).until(lambda: False, "row 7")
