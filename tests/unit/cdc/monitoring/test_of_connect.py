"""What metrics say of connectors: a task runs or does not, and one that is not there does not."""

import httpx
import pytest
from prometheus_client import REGISTRY

from cdc.connect.rest import ConnectError
from cdc.monitoring.of_connect import connect_samples, take
from cdc.monitoring.watched import Watched
from cdc.stream_metrics import StreamMetrics
from deploy.local.ports import free_port
from tests.unit.cdc.connect.scripted import Scripted, status
from tests.unit.cdc.tables import shelf_catalog

WATCHED = Watched(shelf_catalog(), "", "", StreamMetrics("library"))
MISSING = httpx.Response(404, json={"message": "no such connector"})


def runs() -> float | None:
    labels = {"service": "library", "connector": "huleedu-library"}
    return REGISTRY.get_sample_value("huleedu_cdc_connector_running", labels)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (status("RUNNING", "RUNNING"), 1),
        (status("RUNNING", "FAILED", "a.B: no slot"), 0),
        (status("FAILED", None), 0),
        (status("STOPPED", None), 0),
        (MISSING, 0),
    ],
    ids=["runs", "task failed", "connector failed", "stopped", "not there"],
)
def test_a_connector_runs_while_its_task_does(answer: httpx.Response, expected: float) -> None:
    take(Scripted(status=[answer]).client, WATCHED)
    assert runs() == expected


def test_a_connect_that_is_away_leaves_what_it_last_told() -> None:
    take(Scripted(status=[status("RUNNING", "RUNNING")]).client, WATCHED)
    with connect_samples(WATCHED, f"http://127.0.0.1:{free_port()}") as sample, pytest.raises(ConnectError):
        sample()
    assert runs() == 1
