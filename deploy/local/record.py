"""What the supervisor writes down about the stack in stack.json: who runs, since when, and where."""

import signal
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deploy.local.parts import Kind
from deploy.local.processes import Identity


class Condition(StrEnum):
    """How a part is."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    DONE = "done"
    RESTARTING = "restarting"
    STOPPED = "stopped"


class PartRecord(BaseModel):
    """One part: its process, if it has one, how often it was started again, and how often in a row it failed."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Kind
    condition: Condition
    pid: int | None = None
    started: float | None = None
    address: str = ""
    restarts: int = 0
    failures: int = 0
    last_exit: str = ""
    log: str
    endings: tuple[str, ...] = ()

    @property
    def identity(self) -> Identity | None:
        """The process that was running when this was written."""
        return None if self.pid is None or self.started is None else Identity(self.pid, self.started)

    @property
    def log_file(self) -> Path:
        """The part's log."""
        return Path(self.log)

    @property
    def signals(self) -> tuple[signal.Signals, ...]:
        """The signals that stop the part."""
        return tuple(signal.Signals[name] for name in self.endings)


class StackRecord(BaseModel):
    """The whole stack; `ready` once every part is."""

    model_config = ConfigDict(frozen=True)

    supervisor: int
    ready: bool
    parts: tuple[PartRecord, ...]


def write_record(file: Path, record: StackRecord) -> None:
    """Replace the record whole: a reader never sees half of it."""
    unfinished = file.with_suffix(".new")
    unfinished.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
    unfinished.replace(file)


def read_record(file: Path) -> StackRecord | None:
    """The record last written; None if there is none that can be read."""
    try:
        return StackRecord.model_validate_json(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
