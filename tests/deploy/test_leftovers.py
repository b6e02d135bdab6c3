"""What a dead supervisor left: its parts are ended, in reverse order, and whoever got one of their pids is spared."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from deploy.local.parts import Kind
from deploy.local.processes import Identity, identify
from deploy.local.record import Condition, PartRecord, StackRecord, write_record
from deploy.local.state import StateDirectory
from deploy.local.supervisor import clear_leftovers

Process = subprocess.Popen[bytes]


@pytest.fixture(name="sleepers")
def sleepers_fixture() -> Iterator[list[Process]]:
    with ExitStack() as stack:
        processes = [stack.enter_context(subprocess.Popen(["sleep", "60"])) for _ in range(3)]
        yield processes
        for process in processes:
            process.kill()


def recorded(name: str, identity: Identity) -> PartRecord:
    return PartRecord(
        name=name,
        kind=Kind.SERVER,
        condition=Condition.RUNNING,
        pid=identity.pid,
        started=identity.started,
        log=f"{name}.log",
        endings=("SIGINT", "SIGTERM"),
    )


def test_leftovers_are_ended_and_strangers_spared(sleepers: list[Process], tmp_path: Path) -> None:
    first, second, stranger = sleepers
    earlier = Identity(stranger.pid, identify(stranger.pid).started - 3600)
    identities = {"first": identify(first.pid), "second": identify(second.pid), "reused": earlier}
    parts = tuple(recorded(name, identity) for name, identity in identities.items())
    state, said = StateDirectory(tmp_path), list[str]()
    write_record(state.record, StackRecord(supervisor=1, ready=True, parts=parts))
    clear_leftovers(state, said.append)
    assert [line.split(":")[0] for line in said] == ["second", "first"]
    assert f"process {second.pid} was left by a supervisor that died" in said[0]
    assert stranger.poll() is None
    assert first.poll() is not None


@pytest.mark.parametrize("text", [None, "", "{", '{"parts": 1}'])
def test_a_record_that_is_missing_or_torn_leaves_nothing_to_clear(tmp_path: Path, text: str | None) -> None:
    state, said = StateDirectory(tmp_path), list[str]()
    if text is not None:
        state.record.write_text(text, encoding="utf-8")
    clear_leftovers(state, said.append)
    assert not said
