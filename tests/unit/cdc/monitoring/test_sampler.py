"""A sampler: it asks again and again, through failures, and what it tells has an age."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

import pytest
from prometheus_client import REGISTRY

from cdc.monitoring.sampler import Question, Sample, Sampler, Server

SOON = 10.0
OFTEN = 0.01


class ScriptedServer:
    """A server whose answers are errors, as many as are put down, and from then on fine."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.connected, self.sampled = 0, SimpleQueue[None]()

    @contextmanager
    def opened(self) -> Iterator[Sample]:
        self.connected += 1
        yield self._answer

    def _answer(self) -> None:
        if self._errors:
            raise self._errors.pop(0)
        self.sampled.put(None)


@pytest.fixture(name="stopping")
def _stopping() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def value(name: str) -> float:
    labels = {"service": "sampled", "of": Server.POSTGRESQL}
    return REGISTRY.get_sample_value(f"huleedu_cdc_{name}", labels) or 0.0


def started(server: ScriptedServer, stopping: threading.Event) -> threading.Thread:
    return Sampler(Question("sampled", Server.POSTGRESQL, server.opened), OFTEN, stopping).start()


def test_samples_are_taken_over_one_connection_until_it_is_told_to_stop(stopping: threading.Event) -> None:
    server = ScriptedServer()
    thread = started(server, stopping)
    for _ in range(3):
        server.sampled.get(timeout=SOON)
    stopping.set()
    thread.join(SOON)
    assert not thread.is_alive()
    assert server.connected == 1


@pytest.mark.parametrize("error", [OSError("connection lost"), ZeroDivisionError("a defect")])
def test_a_failure_is_counted_and_said_once_and_it_connects_anew(
    stopping: threading.Event, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    before, server = value("samples_failed_total"), ScriptedServer(error, error)
    started(server, stopping)
    server.sampled.get(timeout=SOON)
    assert value("samples_failed_total") == before + 2
    assert server.connected == 3
    assert len(caplog.records) == 1
    assert str(error) in caplog.text


def test_the_age_of_what_it_tells_grows_while_the_server_does_not_answer(stopping: threading.Event) -> None:
    silent, entered = threading.Event(), threading.Event()

    @contextmanager
    def opened() -> Iterator[Sample]:
        entered.set()
        silent.wait(SOON)
        yield lambda: None

    Sampler(Question("sampled", Server.POSTGRESQL, opened), OFTEN, stopping).start()
    assert entered.wait(SOON)
    first = value("sample_age_seconds")
    while value("sample_age_seconds") < first + 0.05:
        assert not stopping.wait(0.01)
    silent.set()
