"""Worker processes do what they are given, and no work outlives its bounds."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.kit.worker_processes import WorkerGaveUpError, WorkerProcesses

HALF_GIBIBYTE = 1 << 29


@asynccontextmanager
async def one_worker(seconds: float = 60.0) -> AsyncIterator[WorkerProcesses]:
    workers = WorkerProcesses(workers=1, seconds=seconds, memory_bytes=HALF_GIBIBYTE)
    try:
        yield workers
    finally:
        await workers.close()


async def test_work_is_done_in_another_process_and_its_errors_come_back() -> None:
    async with one_worker() as workers:
        assert await workers.run(os.getpid) != os.getpid()
        with pytest.raises(ValueError, match="invalid literal"):
            await workers.run(int, "seven")


async def test_work_that_takes_too_long_is_given_up_and_the_next_is_done() -> None:
    async with one_worker(seconds=1.0) as workers:
        with pytest.raises(WorkerGaveUpError, match="too much time or memory"):
            await workers.run(time.sleep, 60)
        assert await workers.run(len, "next") == 4


async def test_work_that_needs_too_much_memory_is_given_up_and_the_next_is_done() -> None:
    async with one_worker() as workers:
        with pytest.raises(WorkerGaveUpError):
            await workers.run(bytes, 2 * HALF_GIBIBYTE)
        assert await workers.run(len, "next") == 4


async def test_work_that_ends_its_worker_is_given_up_and_the_next_is_done() -> None:
    async with one_worker() as workers:
        with pytest.raises(WorkerGaveUpError):
            await workers.run(os._exit, 1)
        assert await workers.run(len, "next") == 4


def _stay(begun: Path) -> None:
    """Say so, and work on for longer than any test."""
    begun.write_bytes(b"")
    time.sleep(3600)


async def test_work_that_nobody_waits_for_any_more_frees_its_worker(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    async with one_worker(seconds=3600.0) as workers:
        gone = [asyncio.create_task(workers.run(_stay, begun)) for _ in range(3)]
        # Returns as soon as a worker opens the other end.
        await asyncio.to_thread(begun.read_bytes)
        for each in gone:
            each.cancel()
        assert await workers.run(len, "next") == 4
    assert [each.cancelled() for each in gone] == [True] * 3
