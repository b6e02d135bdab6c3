"""Jobs that run beside the requests, at intervals, until the service stops."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog
from prometheus_client import Counter

from services.kit.resting import rest

log = structlog.get_logger(__name__)

RUNS = Counter("background_job_runs_total", "Runs of a background job, by how they ended.", ["job", "outcome"])
SECONDS_TO_FINISH = 5.0


@dataclass(frozen=True)
class Job:
    """One job: `run` does what is due now and says how much that was; `interval` seconds lie between two runs."""

    name: str
    interval: float
    run: Callable[[], Awaitable[int]]


class BackgroundJobs:
    """Runs each job in a task of its own, as an async context; what fails is tried again at the next interval."""

    def __init__(self, jobs: Sequence[Job], seconds_to_finish: float = SECONDS_TO_FINISH) -> None:
        self._jobs = jobs
        self._seconds_to_finish = seconds_to_finish
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._repeat(job), name=job.name) for job in self._jobs]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let a run in progress finish, for a few seconds; every job can be cut off anywhere without harm."""
        self._stopping.set()
        if not self._tasks:
            return
        _, unfinished = await asyncio.wait(self._tasks, timeout=self._seconds_to_finish)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    async def _repeat(self, job: Job) -> None:
        while not self._stopping.is_set():
            await self._run_once(job)
            await rest(job.interval, self._stopping)

    async def _run_once(self, job: Job) -> None:
        # Gathered as a value, whatever it is: a job that fails must neither end the others nor the service.
        (outcome,) = await asyncio.gather(job.run(), return_exceptions=True)
        if isinstance(outcome, BaseException):
            RUNS.labels(job.name, "failed").inc()
            log.warning("background_job_failed", job=job.name, reason=str(outcome))
            return
        RUNS.labels(job.name, "done").inc()
        if outcome:
            log.info("background_job_done", job=job.name, items=outcome)
