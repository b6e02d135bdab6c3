"""The end of a pipeline's stream: what goes on beside it ends too, whatever becomes of any one part of it."""

import threading

import pytest

from cdc.copies.copier import Copier
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

    with capture.streaming():
        monkeypatch.setattr(Copier, "stop", fail)
    assert "no end" in caplog.text
    wait_until(lambda: not going_on("inserter-file", "copier-file", "shapes-file", "heartbeat"), "all threads to end")
