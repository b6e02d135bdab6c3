import asyncio

from prometheus_client import REGISTRY

from services.kit.background_jobs import BackgroundJobs, Job


def runs(job: str, outcome: str) -> float:
    return REGISTRY.get_sample_value("background_job_runs_total", {"job": job, "outcome": outcome}) or 0.0


async def test_a_job_runs_at_once_and_again_after_its_interval() -> None:
    thrice = asyncio.Event()
    count = 0

    async def job() -> int:
        nonlocal count
        count += 1
        if count == 3:
            thrice.set()
        return 0

    async with BackgroundJobs([Job("counting", 0.001, job)]):
        await asyncio.wait_for(thrice.wait(), 10)
    stopped_at = count
    await asyncio.sleep(0.02)
    assert count == stopped_at


async def test_a_job_that_fails_is_counted_and_tried_again_and_leaves_the_others_running() -> None:
    recovered, other_ran = asyncio.Event(), asyncio.Event()
    failures_before = runs("failing", "failed")

    async def failing() -> int:
        if runs("failing", "failed") == failures_before:
            raise ConnectionError("the database is away")
        recovered.set()
        return 1

    async def other() -> int:
        other_ran.set()
        return 0

    async with BackgroundJobs([Job("failing", 0.001, failing), Job("other", 60, other)]):
        await asyncio.wait_for(asyncio.gather(recovered.wait(), other_ran.wait()), 10)
    assert runs("failing", "failed") == failures_before + 1
    assert runs("failing", "done") >= 1


async def test_a_run_in_progress_is_finished_before_the_service_stops() -> None:
    started, finished = asyncio.Event(), False

    async def slow() -> int:
        nonlocal finished
        started.set()
        await asyncio.sleep(0.05)
        finished = True
        return 1

    async with BackgroundJobs([Job("slow", 60, slow)]):
        await started.wait()
    assert finished


async def test_a_run_that_never_ends_is_cut_off_when_the_service_stops() -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def endless() -> int:
        started.set()
        try:
            return int(await asyncio.Event().wait())
        finally:
            cancelled.set()

    async with BackgroundJobs([Job("endless", 60, endless)], seconds_to_finish=0.01):
        await started.wait()
    assert cancelled.is_set()
