"""What callers see while the database or the content service is away, and that it passes without a restart."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest_asyncio

from services.spell_checker_service.pending_jobs import PendingJobs
from services.spell_checker_service.spelling.speller import Speller
from services.spell_checker_service.tests.service import Service, running_content, running_spell_checker, settings_for
from tests.support.breakable_link import BreakableLink
from tests.support.callers import ANNA
from tests.support.fragile_database import fragile_database
from tests.support.postgres import CreateDatabase

AT_ONCE = timedelta(microseconds=1)


@dataclass(frozen=True)
class Fragile:
    """A spell checker whose database and content service can be taken away."""

    service: Service
    database_link: BreakableLink


@pytest_asyncio.fixture(name="fragile")
async def fragile_fixture(service_database: CreateDatabase, speller: Speller) -> AsyncIterator[Fragile]:
    async with (
        fragile_database(service_database("spell_checker")) as (own, link),
        running_content(service_database("content")) as content,
        running_spell_checker(settings_for(own), content, speller) as service,
    ):
        yield Fragile(service, link)


def is_outage(response: httpx.Response, code: str) -> bool:
    error = response.json()["error"]
    return (response.status_code, error["code"], "Retry-After" in response.headers) == (503, code, True)


async def test_while_the_database_is_away_each_route_says_so_and_afterwards_works(fragile: Fragile) -> None:
    service = fragile.service
    job, question = await service.refused(), await service.question("A cat.")
    path = f"jobs/{job['job_id']}"
    await fragile.database_link.cut()
    for response in (
        await service.ask(question, key="first"),
        await service.retry(job),
        await service.read("jobs"),
        await service.read(path),
        await service.read(f"{path}/corrections"),
        await service.read("corrections", word="cat"),
        await service.client.delete(f"/v1/spellcheck/{path}", headers=ANNA),
    ):
        assert is_outage(response, "unavailable"), response.text
    await fragile.database_link.mend()
    assert (await service.read(path)).json() == job
    assert (await service.ask(question, key="first")).status_code == 201


async def test_while_the_content_service_is_away_nothing_is_decided_and_what_is_known_is_answered(
    fragile: Fragile,
) -> None:
    service = fragile.service
    job, question = await service.checked("A cat."), await service.question("A lettter.")
    service.link.is_cut = True
    assert is_outage(await service.ask(question, key="later"), "content_unavailable")
    (waiting,) = (await service.read("jobs", batch_id=question["batch_id"])).json()["jobs"]
    assert (waiting["status"], waiting["error_code"]) == ("pending", None)
    assert (await service.read(f"jobs/{job['job_id']}")).json() == job
    assert (await service.client.get("/healthz")).status_code == 200
    service.link.is_cut = False
    answer = await service.ask(question, key="later")
    assert (answer.status_code, answer.json()["job_id"]) == (201, waiting["job_id"])


async def test_a_job_that_an_outage_left_is_finished_though_nobody_asks_again(fragile: Fragile) -> None:
    service = fragile.service
    pending_jobs = await service.container.get(PendingJobs)
    question = await service.question("A lettter.")
    service.link.is_cut = True
    await service.ask(question, key="left")
    service.link.is_cut = False
    assert await pending_jobs.finish_pending_jobs(AT_ONCE) == 1
    (job,) = (await service.read("jobs", batch_id=question["batch_id"])).json()["jobs"]
    assert (job["status"], await service.read_text(job["corrected_storage_id"])) == ("success", "A letter.")
    assert (await service.ask(question, key="left")).json() == job
    assert await pending_jobs.finish_pending_jobs(AT_ONCE) == 0
