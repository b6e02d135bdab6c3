"""One part under supervision: started when its turn has come, watched, and started again after it died."""

import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.local.children import Process, has_ended, start_child, stop_child
from deploy.local.parts import Kind, Part
from deploy.local.processes import Identity, identify
from deploy.local.record import Condition, PartRecord
from services.kit.backoff import Backoff

SATISFIED = frozenset({Condition.RUNNING, Condition.DONE})


@dataclass(frozen=True)
class Run:
    """The process that runs now; `since` is of the monotonic clock."""

    process: Process
    identity: Identity
    since: float

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.since


@dataclass(frozen=True)
class Past:
    """What became of the runs before: how many were started again, how the last one ended, when the next is due."""

    restarts: int = 0
    last_exit: str = ""
    due: float = 0.0


class SupervisedPart:
    """A part, its process, and what became of it. Nothing here waits: `advance` is called again and again."""

    def __init__(self, part: Part, log: Path, backoff: Backoff | None = None) -> None:
        self.part = part
        self.log = log
        self.condition = Condition.WAITING
        self.backoff = backoff or Backoff()
        self._run: Run | None = None
        self._past = Past()

    @property
    def satisfied(self) -> bool:
        """Whether parts that come after this one may start."""
        return self.condition in SATISFIED

    def advance(self, *, may_start: bool) -> None:
        """Take the next step, if there is one to take now."""
        if self._run is not None:
            self._look_at(self._run)
        elif self.condition is Condition.WAITING and may_start:
            self._start()
        elif self.condition is Condition.RESTARTING and time.monotonic() >= self._past.due:
            self._past = replace(self._past, restarts=self._past.restarts + 1)
            self._start()

    def _start(self) -> None:
        process = start_child(self.part.command, self.log, self.part.ending.on_death)
        self._run = Run(process, identify(process.pid), time.monotonic())
        self.condition = Condition.STARTING

    def _look_at(self, run: Run) -> None:
        if has_ended(run.process):
            self._note_end(run)
        elif self.condition is Condition.STARTING and self.part.kind is Kind.SERVER and self.part.readiness.check():
            self.condition = Condition.RUNNING
        elif self.condition is Condition.STARTING and run.seconds > self.part.readiness.within:
            stop_child(run.process, self.part.ending.signals)
            self._note_failure(run, f"not ready after {self.part.readiness.within:g} s")

    def _note_end(self, run: Run) -> None:
        code = run.process.returncode
        if self.part.kind is Kind.STEP and code == 0:
            self._run = None
            self.condition = Condition.DONE
        else:
            self._note_failure(run, signal.Signals(-code).name if code < 0 else f"exit code {code}")

    def _note_failure(self, run: Run, reason: str) -> None:
        due = time.monotonic() + self.backoff.next_delay(run.seconds)
        self._past = replace(self._past, last_exit=reason, due=due)
        self._run = None
        self.condition = Condition.RESTARTING

    def stop(self) -> bool:
        """Stop the process and wait until it is gone; says whether there was one."""
        run, self._run = self._run, None
        if run is not None:
            stop_child(run.process, self.part.ending.signals)
        self.condition = Condition.STOPPED
        return run is not None

    def record(self) -> PartRecord:
        """What stack.json says of the part."""
        return PartRecord(
            name=self.part.name,
            kind=self.part.kind,
            condition=self.condition,
            pid=self._run.identity.pid if self._run else None,
            started=self._run.identity.started if self._run else None,
            address=self.part.port.address if self.part.port else "",
            restarts=self._past.restarts,
            failures=self.backoff.failures,
            last_exit=self._past.last_exit,
            log=str(self.log),
            endings=tuple(ending.name for ending in self.part.ending.signals),
        )
