"""Running several pipelines: until a signal, or until one of them meets an error that nobody expects."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from cdc.run import run_until_stopped

SOON = 10.0


@dataclass(frozen=True)
class ScriptedPipeline:
    """A pipeline whose run is a script: what a real one cannot be asked for."""

    run: Callable[[threading.Event], None]


@pytest.fixture(autouse=True)
def _handlers_as_before() -> Iterator[None]:
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


def run(*scripts: Callable[[threading.Event], None]) -> None:
    run_until_stopped([ScriptedPipeline(script) for script in scripts])


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_every_pipeline_and_returns(name: signal.Signals) -> None:
    ended: list[str] = []

    def until_stopped(stopping: threading.Event) -> None:
        assert stopping.wait(SOON)
        ended.append("in order")

    def until_killed(stopping: threading.Event) -> None:
        os.kill(os.getpid(), name)
        until_stopped(stopping)

    run(until_killed, until_stopped)
    assert ended == ["in order", "in order"]


def test_an_error_that_nobody_expects_stops_the_others_and_is_raised() -> None:
    ended: list[str] = []

    def until_stopped(stopping: threading.Event) -> None:
        assert stopping.wait(SOON)
        ended.append("in order")

    def broken(_stopping: threading.Event) -> None:
        raise ZeroDivisionError("a fault of the program")

    with pytest.raises(ZeroDivisionError, match="a fault of the program"):
        run(until_stopped, broken)
    assert ended == ["in order"]
