"""Connectors that have failed are started again, after waits that grow; the others are left alone."""

from itertools import pairwise

import pytest

from cdc.kafka.tending import Tended
from tests.unit.cdc.connect.scripted import Scripted, status

NAMES = ("huleedu-file", "huleedu-file-outbox")
EVERY, LONGEST = 10.0, 300.0
RUNNING, FAILED = status("RUNNING", "RUNNING"), status("RUNNING", "FAILED")


@pytest.mark.parametrize(("connector", "task"), [("RUNNING", "RUNNING"), ("STOPPED", None), ("RUNNING", "UNASSIGNED")])
def test_what_has_not_failed_is_left_alone(connector: str, task: str | None) -> None:
    connect = Scripted(status=[status(connector, task)])
    Tended(NAMES, EVERY, LONGEST).look(connect.client, 0.0)
    assert connect.asked == [f"GET {name}/status" for name in NAMES]


def test_what_has_failed_is_started_again_at_once() -> None:
    connect = Scripted(status=[status("RUNNING", "FAILED", "a.B: away"), status("RUNNING", "RUNNING")])
    Tended(NAMES, EVERY, LONGEST).look(connect.client, 0.0)
    assert connect.restarted == ["huleedu-file"]


def restarts(scripted: Scripted, seconds: int) -> list[int]:
    """When a connector that is looked at for so long was started again."""
    tended, found = Tended(NAMES[:1], EVERY, LONGEST), list[int]()
    for now in range(0, seconds, int(EVERY)):
        before = len(scripted.restarted)
        tended.look(scripted.client, float(now))
        found += [now] * (len(scripted.restarted) - before)
    return found


def test_what_fails_again_and_again_is_started_ever_more_seldom() -> None:
    found = restarts(Scripted(status=[FAILED, RUNNING, FAILED]), 3600)
    assert found[:2] == [0, 20]
    # Half of the longest wait, at the least, once that is reached.
    assert min(later - earlier for earlier, later in pairwise(found[8:])) >= 150


def test_what_has_run_for_long_is_started_again_soon() -> None:
    failing, running = [FAILED] * 60, [RUNNING] * 10
    found = restarts(Scripted(status=[*failing, *running, FAILED]), 800)
    assert [now for now in found if now >= 700][:2] == [700, 710]
