"""One part under supervision: started when its turn has come, watched, and started again after it died."""

import os
import signal
import time
from pathlib import Path

from deploy.local.backoff import Backoff
from deploy.local.children import Process, has_ended, start_child, stop_child
from deploy.local.parts import Kind, Part
from deploy.local.processes import Identity, identify
from deploy.local.record import Condition, PartRecord

SATISFIED = frozenset({Condition.RUNNING, Condition.DONE})


class SupervisedPart:
    """A part, its process, and what became of it. Nothing here waits: `advance` is called again and again."""

    def __init__(self, part: Part, log: Path, backoff: Backoff | None = None) -> None:
        self.part = part
        self.log = log
        self.condition = Condition.WAITING
        self.backoff = backoff or Backoff()
        self._process: Process | None = None
        self._identity: Identity | None = None
        self._restarts = 0
        self._started = 0.0
        self._resume = 0.0
        self._last_exit = ""

    @property
    def satisfied(self) -> bool:
        """Whether parts that come after this one may start."""
        return self.condition in SATISFIED

    def advance(self, *, may_start: bool) -> None:
        """Take the next step, if there is one to take now."""
        if self._process is not None and has_ended(self._process):
            self._note_end(self._process.returncode)
        elif self._process is not None and self.condition is Condition.STARTING:
            self._look_whether_ready()
        elif self.condition is Condition.WAITING and may_start:
            self._start()
        elif self.condition is Condition.RESTARTING and time.monotonic() >= self._resume:
            self._restarts += 1
            self._start()

    def _start(self) -> None:
        part = self.part
        self._process = start_child(
            part.argv,
            log=self.log,
            directory=part.directory,
            environment=os.environ | part.environment,
            account=part.account,
            on_death=part.on_death,
        )
        self._identity = identify(self._process.pid)
        self._started = time.monotonic()
        self.condition = Condition.STARTING

    def _look_whether_ready(self) -> None:
        if self.part.kind is Kind.SERVER and self.part.ready():
            self.condition = Condition.RUNNING
        elif time.monotonic() - self._started > self.part.start_seconds and self._process is not None:
            stop_child(self._process, self.part.endings)
            self._note_failure(f"not ready after {self.part.start_seconds:g} s")

    def _note_end(self, code: int) -> None:
        if self.part.kind is Kind.STEP and code == 0:
            self._forget_process()
            self.condition = Condition.DONE
        else:
            self._note_failure(f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}")

    def _note_failure(self, reason: str) -> None:
        self._last_exit = reason
        self._resume = time.monotonic() + self.backoff.next_delay(time.monotonic() - self._started)
        self._forget_process()
        self.condition = Condition.RESTARTING

    def _forget_process(self) -> None:
        self._process = None
        self._identity = None

    def stop(self) -> bool:
        """Stop the process and wait until it is gone; says whether there was one."""
        process = self._process
        if process is not None:
            stop_child(process, self.part.endings)
        self._forget_process()
        self.condition = Condition.STOPPED
        return process is not None

    def record(self) -> PartRecord:
        """What stack.json says of the part."""
        return PartRecord(
            name=self.part.name,
            role=self.part.kind,
            condition=self.condition,
            pid=self._identity.pid if self._identity else None,
            started=self._identity.started if self._identity else None,
            address=self.part.address,
            restarts=self._restarts,
            last_exit=self._last_exit,
            log=str(self.log),
            endings=tuple(ending.name for ending in self.part.endings),
        )
