"""Threads beside a run: one that ends by itself, fails or does not stop is told of."""

import threading

from tests.chaos.beside import Beside

_SECONDS, _AT_ONCE = 10.0, 0.05


def obedient(stopping: threading.Event) -> None:
    stopping.wait(_SECONDS)


def failing(_: threading.Event) -> None:
    raise LookupError("no such row")


def failing_at_the_end(stopping: threading.Event) -> None:
    stopping.wait(_SECONDS)
    failing(stopping)


def wait_for(thread_name: str) -> None:
    for thread in threading.enumerate():
        if thread.name == thread_name:
            thread.join(_SECONDS)


def test_who_works_until_the_end_is_no_problem() -> None:
    beside = Beside()
    beside.start("writer", obedient)
    assert not beside.ended_early()
    assert not beside.stop(_SECONDS)


def test_who_fails_is_named_with_what_happened_at_once_and_once_at_the_end() -> None:
    beside = Beside()
    beside.start("writer", failing)
    wait_for("writer")
    [at_once] = beside.ended_early()
    assert at_once.startswith("the writer ended while the run went on:\nTraceback")
    assert "LookupError: no such row" in at_once
    assert beside.stop(_SECONDS) == [at_once]


def test_who_ends_by_itself_is_named() -> None:
    beside = Beside()
    beside.start("sampler", lambda _: None)
    wait_for("sampler")
    assert beside.ended_early() == ["the sampler ended while the run went on"]


def test_who_fails_when_told_to_stop_is_named() -> None:
    beside = Beside()
    beside.start("writer", failing_at_the_end)
    [problem] = beside.stop(_SECONDS)
    assert problem.startswith("the writer failed:\nTraceback")


def test_who_does_not_stop_is_named() -> None:
    beside, released = Beside(), threading.Event()
    beside.start("writer", lambda _: obedient(released))
    assert beside.stop(_AT_ONCE) == [f"the writer did not stop within {_AT_ONCE:g} s"]
    released.set()
    wait_for("writer")
