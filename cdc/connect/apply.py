"""Brings connectors to what is wanted, and waits until their tasks run; everything here can be repeated."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from cdc.connect.difference import ConnectorPlan, Step
from cdc.connect.rest import ConnectBusyError, ConnectClient, ConnectError, ConnectorState

_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Patience:
    """How long to wait for a task, and how long it must have run: one that cannot go on fails right after it began."""

    seconds: float = 60.0
    settled_seconds: float = 2.0


def apply(client: ConnectClient, plan: ConnectorPlan, patience: Patience) -> None:
    """Carry a plan out, and return once the connector's task runs. ConnectError if it does not come to run."""
    carry_out(client, plan, patience)
    wait_until_running(client, plan.name, patience)


def carry_out(client: ConnectClient, plan: ConnectorPlan, patience: Patience) -> None:
    """Have Connect start what a plan wants; whether its task then runs is another question.

    A new epoch begins where the slot begins: how far the connector had come in the old one is forgotten.
    """
    name = plan.name
    match plan.step:
        case Step.CREATE | Step.CHANGE:
            _insist(lambda: client.put(name, plan.wanted), patience)
        case Step.NEW_EPOCH:
            _insist(lambda: client.stop(name), patience)
            # Refused until the task has ended.
            _insist(lambda: client.forget_offsets(name), patience, also=ConnectError)
            _insist(lambda: client.put(name, plan.wanted), patience)
    # Connect tells late what it was told: what was stopped here is resumed whatever it tells.
    if plan.step is Step.NEW_EPOCH or _state(client, name, patience).connector == "STOPPED":
        _insist(lambda: client.resume(name), patience)


def restart(client: ConnectClient, name: str, patience: Patience) -> None:
    """Start a connector and its task anew, and return once it runs; ConnectError if it does not."""
    if _required(client, name).connector == "STOPPED":
        _insist(lambda: client.resume(name), patience)
    else:
        _insist(lambda: client.restart(name), patience)
    wait_until_running(client, name, patience)


def delete(client: ConnectClient, name: str, patience: Patience) -> bool:
    """Delete a connector, and how far it had come; False if there was none. Topics and slot stay."""
    if client.configuration(name) is None:
        return False
    _insist(lambda: client.stop(name), patience)
    _insist(lambda: client.forget_offsets(name), patience, also=ConnectError)
    _insist(lambda: client.delete(name), patience)
    return True


def wait_until_running(client: ConnectClient, name: str, patience: Patience) -> None:
    """Return once the connector's task has run for a while; ConnectError with what made it fail, or how it stands."""
    began = time.monotonic()
    runs_since: float | None = None
    while True:
        state, now = client.state(name), time.monotonic()
        if state is not None and state.is_running:
            runs_since = now if runs_since is None else runs_since
            if now - runs_since >= patience.settled_seconds:
                return
        else:
            runs_since = None
        # Right after a restart Connect may still tell of the task before.
        if state is not None and state.has_failed and now - began >= patience.settled_seconds:
            raise ConnectError(f"{name} failed: {state.trouble}")
        if now - began > patience.seconds:
            raise ConnectError(f"{name} did not come to run: {described(state)}")
        time.sleep(_POLL_SECONDS)


def described(state: ConnectorState | None) -> str:
    """How a connector is, in words."""
    if state is None:
        return "no worker has taken it up"
    return f"connector {state.connector}, task {state.task or 'not there'}"


def _required(client: ConnectClient, name: str) -> ConnectorState:
    state = client.state(name)
    if state is None:
        raise ConnectError(f"there is no connector {name}: `python -m cdc connect apply` makes it")
    return state


def _state(client: ConnectClient, name: str, patience: Patience) -> ConnectorState:
    deadline = time.monotonic() + patience.seconds
    while (state := client.state(name)) is None:
        if time.monotonic() > deadline:
            raise ConnectError(f"{name}: {described(None)}")
        time.sleep(_POLL_SECONDS)
    return state


def _insist(ask: Callable[[], None], patience: Patience, also: type[ConnectError] = ConnectBusyError) -> None:
    """Ask again for as long as the workers are busy with themselves."""
    deadline = time.monotonic() + patience.seconds
    while True:
        try:
            return ask()
        except (ConnectBusyError, also):
            if time.monotonic() > deadline:
                raise
        time.sleep(_POLL_SECONDS)
