"""Kafka Connect's REST interface, as far as connectors are created, changed, watched and deleted by it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from cdc.connect.configuration import Configuration

_TIMEOUT_SECONDS = 60.0
_CONFLICT, _NOT_FOUND = 409, 404
# Where a failed task's own trouble stands in its stack of exceptions.
_CAUSE = "Caused by: "


class ConnectError(RuntimeError):
    """Kafka Connect does not answer, or refuses what is asked of it; the message says which and why."""


class ConnectBusyError(ConnectError):
    """The workers are sharing their connectors out anew: the same request goes well a moment later."""


@dataclass(frozen=True)
class ConnectorState:
    """How a connector and its one task are: RUNNING, PAUSED, STOPPED, FAILED, RESTARTING or UNASSIGNED.

    task is None where Connect has none; trouble: the first line of what made either fail, "" if nothing did.
    """

    connector: str
    task: str | None
    trouble: str = ""

    @property
    def is_running(self) -> bool:
        """Whether changes are being read."""
        return self.connector == self.task == "RUNNING"

    @property
    def has_failed(self) -> bool:
        """Whether it stays as it is until somebody restarts it."""
        return "FAILED" in (self.connector, self.task)


class ConnectClient:
    """One cluster of workers, by the address of any of them. Every call raises ConnectError where it fails."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self._url, self._client = url, client

    def configuration(self, name: str) -> Configuration | None:
        """A connector's configuration, None if there is no such connector."""
        answer = self._ask("GET", f"/connectors/{name}/config", missing_is_fine=True)
        return None if answer is None else {str(key): str(value) for key, value in answer.items()}

    def put(self, name: str, configuration: Configuration) -> None:
        """Create a connector, or change it."""
        self._ask("PUT", f"/connectors/{name}/config", json=configuration)

    def state(self, name: str) -> ConnectorState | None:
        """How a connector is, None if there is no such connector, or nobody works for it yet."""
        answer = self._ask("GET", f"/connectors/{name}/status", missing_is_fine=True)
        if answer is None:
            return None
        connector, tasks = answer["connector"], answer["tasks"]
        traces = [part.get("trace", "") for part in (*tasks, connector)]
        trouble = next((first_cause(trace) for trace in traces if trace), "")
        return ConnectorState(connector["state"], tasks[0]["state"] if tasks else None, trouble)

    def stop(self, name: str) -> None:
        """End a connector's task; its configuration and how far it has come stay."""
        self._ask("PUT", f"/connectors/{name}/stop")

    def resume(self, name: str) -> None:
        """Have a stopped connector go on."""
        self._ask("PUT", f"/connectors/{name}/resume")

    def restart(self, name: str) -> None:
        """Start a connector and its task anew, whatever has become of them."""
        self._ask("POST", f"/connectors/{name}/restart?includeTasks=true")

    def forget_offsets(self, name: str) -> None:
        """Have a stopped connector begin where its slot begins; ConnectError as long as its task has not ended."""
        self._ask("DELETE", f"/connectors/{name}/offsets")

    def delete(self, name: str) -> None:
        """Delete a connector; its topics, its slot and how far it had come stay."""
        self._ask("DELETE", f"/connectors/{name}", missing_is_fine=True)

    def _ask(self, method: str, path: str, *, missing_is_fine: bool = False, json: object = None) -> Any:
        try:
            answer = self._client.request(method, path, json=json)
        except httpx.HTTPError as error:
            raise ConnectError(
                f"Kafka Connect at {self._url} does not answer ({type(error).__name__}): start it, or correct"
                " CDC_CONNECT_URL"
            ) from error
        if answer.status_code == _NOT_FOUND and missing_is_fine:
            return None
        if answer.status_code == _CONFLICT:
            raise ConnectBusyError(f"Kafka Connect is busy: {_said(answer)}")
        if not answer.is_success:
            raise ConnectError(f"Kafka Connect refused {method} {path}: {_said(answer)}")
        return answer.json() if answer.content else {}


@contextmanager
def connect_client(url: str, timeout_seconds: float = _TIMEOUT_SECONDS) -> Iterator[ConnectClient]:
    """A client of the workers at `url`, which may take so long for an answer; closed at the end."""
    with httpx.Client(base_url=url, timeout=timeout_seconds) as client:
        yield ConnectClient(url.rstrip("/"), client)


def first_cause(trace: str) -> str:
    """The first line of the innermost exception of a Java stack trace, without the exception's package."""
    lines = [line for line in trace.splitlines() if line.startswith(_CAUSE)] or trace.splitlines()[:1]
    kind, _, message = lines[-1].removeprefix(_CAUSE).partition(": ") if lines else ("", "", "")
    return ": ".join(part for part in (kind.rpartition(".")[2], message) if part)


def _said(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"
