"""Health: every stream goes on, or it is said which one does not and for how long."""

import pytest

from cdc.monitoring.health import health_of
from cdc.monitoring.watched import Watched
from cdc.stream_metrics import StreamMetrics
from cdc.stream_progress import StreamProgress
from tests.unit.cdc.tables import shelf_catalog


def standing_still_for(*seconds: float) -> list[Watched]:
    return [
        Watched(shelf_catalog(), "", "", StreamMetrics("library", StreamProgress(iter((0.0, each, each)).__next__)))
        for each in seconds
    ]


@pytest.mark.parametrize(("seconds", "good"), [(0.0, True), (65.0, True), (65.5, False)])
def test_a_stream_may_stand_still_for_as_long_as_patience_lasts(seconds: float, good: bool) -> None:
    assert health_of(standing_still_for(seconds), 65).good is good


def test_it_is_said_which_stream_stands_still_and_for_how_long() -> None:
    found = health_of(standing_still_for(70.4), 65)
    assert found.body == {
        "service": "cdc",
        "status": "unavailable",
        "checks": {"library": "no progress for 70 s"},
    }


def test_nothing_that_streams_is_not_health() -> None:
    assert not health_of([], 65).good
