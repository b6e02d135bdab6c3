"""Kafka Connect's answers: what each means, and that every trouble is said in one line."""

import httpx
import pytest

from cdc.connect.apply import Patience, apply, wait_until_running
from cdc.connect.difference import ConnectorPlan
from cdc.connect.rest import ConnectBusyError, ConnectClient, ConnectError, ConnectorState, first_cause
from tests.unit.cdc.connect.scripted import URL, Scripted, status

TRACE = (
    "org.apache.kafka.connect.errors.ConnectException: An exception occurred\n\tat io.debezium.Task.run(Task.java:1)\n"
    "Caused by: io.debezium.DebeziumException: no slot: it is gone\n\tat io.debezium.Slot.open(Slot.java:2)\n"
)
PATIENCE = Patience(seconds=0.6, settled_seconds=0.0)


def test_a_connector_that_is_not_there_has_no_configuration_and_no_state() -> None:
    missing = [httpx.Response(404, json={"message": "not found"})]
    connect = Scripted(config=missing, status=missing).client
    assert (connect.configuration("shop"), connect.state("shop")) == (None, None)


def test_a_failed_task_tells_the_first_line_of_its_cause() -> None:
    state = Scripted(status=[status("RUNNING", "FAILED", TRACE)]).client.state("shop")
    assert state == ConnectorState("RUNNING", "FAILED", "DebeziumException: no slot: it is gone")
    assert state.has_failed
    assert not state.is_running


@pytest.mark.parametrize(
    ("trace", "line"), [("", ""), ("java.lang.Error", "Error"), ("a.B: c: d\n\tat e", "B: c: d"), (TRACE, "")]
)
def test_the_first_line_of_any_trace_is_one_line(trace: str, line: str) -> None:
    assert "\n" not in first_cause(trace)
    if line:
        assert first_cause(trace) == line


def test_a_connect_that_does_not_answer_is_named_with_what_to_do() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    client = ConnectClient(URL, httpx.Client(base_url=URL, transport=httpx.MockTransport(away)))
    with pytest.raises(ConnectError, match=f"Kafka Connect at {URL} does not answer .* CDC_CONNECT_URL"):
        client.state("shop")


def test_a_refusal_says_what_connect_said() -> None:
    connect = Scripted(config=[httpx.Response(400, json={"message": "slot.name is missing"})]).client
    with pytest.raises(ConnectError, match=r"refused PUT /connectors/shop/config: slot\.name is missing"):
        connect.put("shop", {})


def test_busy_workers_are_asked_again() -> None:
    busy = httpx.Response(409, json={"message": "rebalancing"})
    scripted = Scripted(config=[busy, busy, httpx.Response(201, json={})], status=[status("RUNNING", "RUNNING")])
    apply(scripted.client, ConnectorPlan("huleedu-shop", {"a": "1"}, None), PATIENCE)
    assert scripted.asked.count("PUT huleedu-shop/config") == 3
    with pytest.raises(ConnectBusyError, match="rebalancing"):
        apply(Scripted(config=[busy]).client, ConnectorPlan("huleedu-shop", {"a": "1"}, None), PATIENCE)


def test_a_connector_that_is_as_wanted_is_not_touched_but_waited_for() -> None:
    scripted = Scripted(status=[status("RUNNING", None), status("RUNNING", "UNASSIGNED"), status("RUNNING", "RUNNING")])
    apply(scripted.client, ConnectorPlan("huleedu-shop", {"a": "1"}, {"a": "1"}), PATIENCE)
    assert set(scripted.asked) == {"GET huleedu-shop/status"}


def test_a_stopped_connector_is_resumed() -> None:
    scripted = Scripted(status=[status("STOPPED", None), status("RUNNING", "RUNNING")])
    apply(scripted.client, ConnectorPlan("huleedu-shop", {"a": "1"}, {"a": "1"}), PATIENCE)
    assert "PUT huleedu-shop/resume" in scripted.asked


def test_a_new_epoch_forgets_how_far_the_old_one_had_come_once_its_task_has_ended() -> None:
    refused = httpx.Response(400, json={"message": "the task has not ended"})
    scripted = Scripted(
        offsets=[refused, httpx.Response(200, json={})],
        status=[status("STOPPED", None), status("RUNNING", "RUNNING")],
    )
    epochs = [{"transforms.epoch.static.value": number} for number in ("2", "1")]
    apply(scripted.client, ConnectorPlan("huleedu-shop", *epochs), PATIENCE)
    steps = [what for what in scripted.asked if not what.startswith("GET")]
    assert steps == [
        "PUT huleedu-shop/stop",
        "DELETE huleedu-shop/offsets",
        "DELETE huleedu-shop/offsets",
        "PUT huleedu-shop/config",
        "PUT huleedu-shop/resume",
    ]


def test_a_task_that_fails_or_never_comes_is_said() -> None:
    with pytest.raises(ConnectError, match="huleedu-shop failed: DebeziumException: no slot: it is gone"):
        wait_until_running(Scripted(status=[status("RUNNING", "FAILED", TRACE)]).client, "huleedu-shop", PATIENCE)
    with pytest.raises(ConnectError, match="huleedu-shop did not come to run: connector RUNNING, task not there"):
        wait_until_running(Scripted(status=[status("RUNNING", None)]).client, "huleedu-shop", PATIENCE)
