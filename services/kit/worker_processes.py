"""Work on what nobody has checked, in processes that can be killed: a bound on time and memory holds for any input."""

import asyncio
import multiprocessing
import resource
import signal
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import structlog
from pebble import ProcessExpired, ProcessPool

TASKS_PER_WORKER = 500
SECONDS_TO_STOP = 5.0

log = structlog.get_logger(__name__)

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class WorkerGaveUpError(Exception):
    """The work took more time or memory than a worker has, or killed it."""


def _nothing() -> None:
    """What a worker does when it starts, if nobody says otherwise."""


class WorkerProcesses:
    """`workers` processes; each task has `seconds` and, with all that its worker holds, `memory_bytes` of addresses."""

    def __init__(self, workers: int, seconds: float, memory_bytes: int, prepare: Callable[[], None] = _nothing) -> None:
        self._seconds = seconds
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=TASKS_PER_WORKER,
            initializer=_confine,
            initargs=[memory_bytes, prepare],
            context=multiprocessing.get_context("spawn"),
        )

    async def run(
        self, task: Callable[Parameters, Result], *arguments: Parameters.args, **named: Parameters.kwargs
    ) -> Result:
        """What the task returns or raises in a worker; WorkerGaveUpError. It, and all it is given, can be pickled.

        Who stops waiting for it ends it: its worker is there for the next one.
        """
        running = self._pool.submit(task, self._seconds, *arguments, **named)
        try:
            return await asyncio.wrap_future(running)
        except (TimeoutError, MemoryError, ProcessExpired) as error:
            log.warning("worker_gave_up", task=task.__name__, reason=type(error).__name__)
            raise WorkerGaveUpError(f"{task.__name__} took too much time or memory") from error

    async def close(self) -> None:
        """Stop the workers; what they were doing is given up."""
        await asyncio.to_thread(self._pool.stop)
        await asyncio.to_thread(self._pool.join, SECONDS_TO_STOP)


def _confine(memory_bytes: int, prepare: Callable[[], None]) -> None:
    """In the worker: bound its memory, and leave Ctrl-C to the service."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare()
