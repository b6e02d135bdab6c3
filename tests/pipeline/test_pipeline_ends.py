"""The end of a pipeline's stream: what goes on beside it ends too, whatever becomes of any one part of it."""

import os
import socket
import threading
from typing import Any

import pytest

from cdc.copies.copier import Copier
from cdc.postgres import replication_session, session
from cdc.shapes import shapes
from cdc.source import heartbeat
from tests.pipeline.capture import Capture, wait_until


def going_on(*names: str) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(names)]


def test_a_part_that_does_not_end_well_leaves_no_other_running(
    capture: Capture, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop = Copier.stop

    def fail(copier: Copier) -> None:
        stop(copier)
        raise RuntimeError("no end")

    monkeypatch.setattr(Copier, "stop", fail)
    parts = ("inserter-file", "copier-file", "watch file's columns", "heartbeat")
    with capture.streaming():
        assert len(going_on(*parts)) == 5
    assert "no end" in caplog.text
    wait_until(lambda: not going_on(*parts), "all threads to end")


def test_what_a_server_leaves_without_an_answer_is_not_waited_for(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang = Hanging()
    try:
        with capture.streaming():
            monkeypatch.setattr(heartbeat, "beat", hang)
            monkeypatch.setattr(shapes, "shapes_in_postgres", hang)
            wait_until(lambda: hang.count == 2, "the heartbeat and the look at the columns to hang")
        assert len(going_on("watch file's columns", "heartbeat")) == 2
    finally:
        hang.answered.set()
    wait_until(lambda: not going_on("watch file's columns", "heartbeat"), "both to end once they are answered")


class Hanging:
    """What asks a server that does not answer; at the end there is an answer that must not be taken over."""

    def __init__(self) -> None:
        self.count, self.answered, self._guard = 0, threading.Event(), threading.Lock()

    def __call__(self, *_arguments: object) -> Any:
        with self._guard:
            self.count += 1
        self.answered.wait()
        return {("public", "files"): None}


def test_a_link_that_dies_silently_is_given_up_within_a_minute(capture: Capture) -> None:
    url = capture.database.cdc_url
    with session(url) as ordinary, replication_session(url) as replicating:
        for connection in (ordinary, replicating):
            with socket.socket(fileno=os.dup(connection.fileno())) as link:
                assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
