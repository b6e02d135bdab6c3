"""A process that is killed in the middle of its work leaves nothing half-done, and another finishes what it left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.ports import LOOPBACK
from services.registry import service_named
from services.spell_checker_service.pending_jobs import PendingJobs
from services.spell_checker_service.spelling.speller import Speller
from services.spell_checker_service.tests.service import (
    Service,
    running_content,
    running_spell_checker,
    settings_for,
)
from tests.support.callers import ANNA
from tests.support.postgres import CreateDatabase
from tests.support.service_process import service_process

SERVICE = service_named("spell_checker")
SECONDS = 60
AT_ONCE = timedelta(microseconds=1)


@asynccontextmanager
async def content_that_never_answers() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Its address, and what tells that somebody asked it."""
    asked, over = asyncio.Event(), asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        asked.set()
        await over.wait()
        writer.close()

    server = await asyncio.start_server(listen, LOOPBACK, 0)
    yield f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}", asked
    over.set()
    server.close()


async def kill_in_the_middle(variables: dict[str, str], directory: Path, question: dict[str, Any]) -> None:
    """Ask a process of its own, and kill it as soon as it has begun to work."""
    async with content_that_never_answers() as (address, asked):
        told = {f"{SERVICE.env_prefix}{name}": text for name, text in variables.items()}
        told[f"{SERVICE.env_prefix}CONTENT_SERVICE_URL"] = address
        with service_process(SERVICE, told, directory) as process:
            await asyncio.to_thread(process.wait_until_serving)
            async with httpx.AsyncClient(base_url=process.url, timeout=SECONDS) as client:
                keyed = {**ANNA, "Idempotency-Key": "killed"}
                answer = asyncio.create_task(client.post("/v1/spellcheck/jobs", json=question, headers=keyed))
                await asyncio.wait_for(asked.wait(), SECONDS)
                process.popen.kill()
                with pytest.raises(httpx.TransportError):
                    await answer


async def finished_by(service: Service) -> None:
    """PostgreSQL notices in its own time that the killed process holds its lock no more."""
    pending_jobs = await service.container.get(PendingJobs)
    async with asyncio.timeout(SECONDS):
        finished = 0
        while not finished:
            finished = await pending_jobs.finish_pending_jobs(AT_ONCE)


async def test_what_a_killed_process_left_is_whole_and_is_finished_by_another(
    service_database: CreateDatabase, speller: Speller, tmp_path: Path
) -> None:
    own = service_database(SERVICE.name)
    variables = {"DATABASE_URL": own.app_url, "CONTENT_SERVICE_TIMEOUT": str(SECONDS), "CHECKING_WORKERS": "1"}
    async with (
        running_content(service_database("content")) as content,
        running_spell_checker(settings_for(own), content, speller) as other,
    ):
        question = await other.question("A lettter that was begun.")
        await kill_in_the_middle(variables, tmp_path, question)
        (left,) = (await other.read("jobs", batch_id=question["batch_id"])).json()["jobs"]
        assert left["status"] == "pending"
        assert (await other.read(f"jobs/{left['job_id']}/corrections")).json()["corrections"] == []
        await finished_by(other)
        job = (await other.read(f"jobs/{left['job_id']}")).json()
        assert (job["status"], job["total_corrections"]) == ("success", 1)
        assert (await other.ask(question, key="killed")).json() == job
