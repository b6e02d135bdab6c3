"""Keeps a stack running: starts its parts in order, starts again what dies, and stops all in reverse order."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from deploy.local.logs import shorten, tail
from deploy.local.parts import Part
from deploy.local.processes import end
from deploy.local.record import Condition, StackRecord, read_record, write_record
from deploy.local.state import StateDirectory
from deploy.local.supervised import SupervisedPart

TICK_SECONDS = 0.1
GIVE_UP_AFTER = 3

Say = Callable[[str], None]


def clear_leftovers(state: StateDirectory, say: Say) -> None:
    """End the processes of a supervisor that died, recognised by pid and start time; call it with the lock held."""
    record = read_record(state.record)
    for part in reversed(record.parts if record else ()):
        if part.identity is not None and end(part.identity, part.signals):
            say(f"{part.name}: process {part.pid} was left by a supervisor that died; ended it")


class Supervisor:
    """The parts of one stack, watched from one thread: the processes are tied to the thread that starts them."""

    def __init__(self, parts: Sequence[Part], state: StateDirectory, say: Say) -> None:
        self._parts = [SupervisedPart(part, state.log(part.name)) for part in parts]
        self._state = state
        self._say = say
        self._ready = False
        self._written: StackRecord | None = None

    def run(self) -> bool:
        """Run until SIGTERM or SIGINT. False if a part could not be started in the first place: then all is stopped."""
        with _termination() as asked_to_stop:
            try:
                while not asked_to_stop.wait(TICK_SECONDS):
                    self._advance()
                    if self._give_up():
                        return False
            finally:
                self._stop()
        return True

    def _advance(self) -> None:
        satisfied = {each.part.name for each in self._parts if each.satisfied}
        for each in self._parts:
            before = each.condition
            each.advance(may_start=satisfied.issuperset(each.part.after))
            shorten(each.log)
            if each.condition is not before:
                self._report(each)
        if not self._ready and all(each.satisfied for each in self._parts):
            self._ready = True
            self._say("everything is running")
        self._write()

    def _report(self, each: SupervisedPart) -> None:
        record = each.record()
        details = {
            Condition.RUNNING: f" at {record.address} (process {record.pid})" if record.address else "",
            Condition.RESTARTING: f" after {record.last_exit}",
        }
        self._say(f"{record.name}: {record.condition}{details.get(record.condition, '')}")

    def _give_up(self) -> bool:
        failed = [] if self._ready else [each for each in self._parts if each.backoff.failures >= GIVE_UP_AFTER]
        for each in failed:
            last_exit = each.record().last_exit
            self._say(f"{each.part.name} could not be started: {last_exit}; the end of {each.log}:\n{tail(each.log)}")
        return bool(failed)

    def _stop(self) -> None:
        for each in reversed(self._parts):
            if each.stop():
                self._say(f"{each.part.name}: stopped")
            self._write()

    def _write(self) -> None:
        record = StackRecord(
            supervisor=os.getpid(),
            ready=self._ready,
            parts=tuple(each.record() for each in self._parts),
        )
        if record != self._written:
            write_record(self._state.record, record)
            self._written = record


@contextmanager
def _termination() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set, in place of what they did before."""
    asked = threading.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(each, lambda *_: asked.set()) for each in signals]
    try:
        yield asked
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
