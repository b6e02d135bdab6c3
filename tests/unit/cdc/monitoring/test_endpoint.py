"""The endpoint: what it answers to which path, and that nobody holds it up."""

import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from cdc.monitoring.endpoint import answering
from cdc.monitoring.health import Health

HEALTH = {"good": True}


@pytest.fixture(name="port")
def _port() -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    with answering(listener, lambda: Health(HEALTH["good"], {"file": "as it is"})):
        yield port


def get(port: int, path: str) -> tuple[int, str, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, str(answer.getheader("Content-Type")), answer.read().decode()
    finally:
        connection.close()


def test_metrics_are_there_in_prometheus_own_format(port: int) -> None:
    status, kind, text = get(port, "/metrics?name=any")
    assert (status, kind.partition(";")[0]) == (200, "text/plain")
    assert "# TYPE huleedu_cdc_lag_seconds gauge" in text


def test_health_is_200_or_503_with_what_is_said_of_each_stream(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    status, _, text = get(port, "/healthz")
    assert (status, json.loads(text)) == (200, {"service": "cdc", "status": "ok", "checks": {"file": "as it is"}})
    monkeypatch.setitem(HEALTH, "good", False)
    status, _, text = get(port, "/healthz")
    assert (status, json.loads(text)["status"]) == (503, "unavailable")


def test_any_other_path_is_told_what_there_is(port: int) -> None:
    assert get(port, "/")[0::2] == (404, "there are /metrics and /healthz\n")


def test_who_connects_and_says_nothing_keeps_nobody_waiting(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)):
        assert get(port, "/healthz")[0] == 200


def test_the_port_is_free_once_it_ends() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    with answering(listener, lambda: Health(good=True, checks={})):
        get(port, "/healthz")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
